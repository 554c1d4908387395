"""A page that maps the texts that a visitor types: `EMOTOPY_MODEL=model streamlit run dashboard.py`."""

import os

import streamlit as st

import emotopy
from emotopy.errors import InputError


@st.cache_resource
def model():
    """Load the model once; the threads of all visitors share it."""
    return emotopy.load(os.environ["EMOTOPY_MODEL"])


typed = st.text_area("Texts, one per line")
texts = [line for line in typed.splitlines() if line.strip()]
if texts:
    try:
        with st.spinner("Mapping"):
            result = model().transform(texts)
    except InputError as error:
        st.error(str(error))
        st.stop()
    st.dataframe(result.regions)
    st.bar_chart(result.regions.set_index("region")["relative"])
