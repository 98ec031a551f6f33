"""`gradproof check --certificates FILE`: what a checker needs for each proved formula."""

from __future__ import annotations

from collections.abc import Sequence

from ..judging.workshop import workshop
from ..showing.certificates.writing import certificates
from ..showing.report import Report
from .output import put


def write_certificates(reports: Sequence[Report], file: str) -> None:
    put(certificates(reports, lambda model: workshop(model)[0].prover), file)
