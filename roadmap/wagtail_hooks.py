from wagtail import hooks

from .worklists import OverdueStages


@hooks.register("register_worklist")
def list_overdue_stages():
    return OverdueStages
