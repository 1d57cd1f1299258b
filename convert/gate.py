"""The gate: how far a converted network may be from Keras before it is not written."""

from dataclasses import dataclass

from convert.parity import Parity
from convert.precision import PLANS


@dataclass(frozen=True)
class Tolerance:
    """What a conversion may cost. A larger difference is a failed gate."""

    drift: float
    """Share of Keras' characters that may read differently."""
    cer_loss: float
    """Rise of the CER against the labels, as a fraction."""
    logit_error: float
    """Root mean square of the logit differences relative to that of the logits."""


def tolerance_of(precision: str, drift: float | None, cer_loss: float) -> Tolerance:
    """The tolerance of a precision; ``drift`` replaces the precision's own."""
    plan = PLANS[precision]
    return Tolerance(plan.drift if drift is None else drift, cer_loss, plan.logit_error)


def failures(parity: Parity, tolerance: Tolerance) -> list[str]:
    """What is beyond its tolerance, in words; empty if nothing is."""
    found = []
    if not parity.finite:
        found.append("logits are not finite")
    if parity.logit_error > tolerance.logit_error:
        found.append(f"logit error {parity.logit_error:.2%} over {tolerance.logit_error:.2%}")
    if parity.drift > tolerance.drift:
        found.append(
            f"{parity.drift:.2%} of the characters read differently, over {tolerance.drift:.2%}"
        )
    loss = parity.cer_loss or 0.0
    if loss > tolerance.cer_loss:
        found.append(f"CER rises by {loss * 100:.2f} points, over {tolerance.cer_loss * 100:.2f}")
    return found
