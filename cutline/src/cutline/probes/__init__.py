"""Ways to measure: one kind a file. Only here is the outside asked anything.

reading = ask("imports", plan.probes["imports"], question, context)
reading.values        # by field, or None: then
reading.why           # says why it could not be measured
"""

from cutline.probes.answer import Answer, NoReading
from cutline.probes.ask import ask
from cutline.probes.context import Asked, Context

__all__ = ["Answer", "Asked", "Context", "NoReading", "ask"]
