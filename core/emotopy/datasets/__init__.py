"""Named data sets, as plugins offer them; and the sample diaries that ship."""
