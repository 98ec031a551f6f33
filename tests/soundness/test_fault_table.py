"""Every fault of the table stands in the code once, so that `make faults` plants what it says."""

import fault_table
import faults
import pytest


@pytest.mark.parametrize("fault", (*fault_table.PROOF, *fault_table.FIELD), ids=lambda f: f"{f[0]}: {f[3]}")
def test_every_fault_can_be_planted(fault):
    assert faults.planted(faults.ROOT, fault)
