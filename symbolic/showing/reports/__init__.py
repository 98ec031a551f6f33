"""Reports to pass on: one file per format, no mathematics in them; `formats.FORMATS` lists them all."""
