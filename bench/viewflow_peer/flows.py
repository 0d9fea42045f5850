"""A case through eight steps, each made by somebody outside, in the package's public API alone.

Where the package looks for it: `flows` of the application. `service` serves it.
"""

from viewflow import this
from viewflow.workflow import flow, lock
from viewflow.workflow.models import Process


class CaseFlow(flow.Flow):
    """Eight steps in a row."""

    process_class = Process
    lock_impl = lock.select_for_update_lock

    start = flow.StartHandle().Next(this.step1)
    step1 = flow.Handle().Next(this.step2)
    step2 = flow.Handle().Next(this.step3)
    step3 = flow.Handle().Next(this.step4)
    step4 = flow.Handle().Next(this.step5)
    step5 = flow.Handle().Next(this.step6)
    step6 = flow.Handle().Next(this.step7)
    step7 = flow.Handle().Next(this.step8)
    step8 = flow.Handle().Next(this.end)
    end = flow.End()
