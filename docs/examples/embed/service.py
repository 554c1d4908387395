"""A service that maps texts onto brain regions: `EMOTOPY_MODEL=model uvicorn service:app`.

The model is a folder that `fitted.save` wrote. It is loaded once; each request uses it in its own thread.
"""

import os
from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

import emotopy
from emotopy.errors import DeadlineExceeded, InputError

model = emotopy.load(os.environ["EMOTOPY_MODEL"], host=emotopy.Host(deadline_s=5))
app = FastAPI()


class Request(BaseModel):
    texts: list[Annotated[str, Field(max_length=10_000)]] = Field(min_length=1, max_length=100)


@app.post("/regions")
def regions(request: Request) -> list[dict[str, float | int | str | None]]:
    """Return the regions of each text. This is not `async`, so FastAPI runs it in a thread."""
    try:
        found = model.transform(request.texts).texts
    except (
        InputError
    ) as error:  # for example, no text is in a language of the model; the message contains no input text
        raise HTTPException(422, str(error)) from None
    except DeadlineExceeded:
        raise HTTPException(503, "the answer took too long") from None
    profiles = found.filter(like="profile_").astype(object)
    return profiles.where(profiles.notna(), None).to_dict("records")
