"""What people see: formulas and reports.  One file per format, no mathematics in them."""
