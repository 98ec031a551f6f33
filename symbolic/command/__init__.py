"""Parts of the command line: where sources come from, and where output goes.  Heavy imports wait until they are needed."""
