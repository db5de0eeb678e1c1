"""The page of one thing: facts, links, findings, shares."""

from starlette.responses import Response

from headwater.model.ids import EntityKey
from headwater.node.pages import entity, sharing
from headwater.web.page import Context, Page


def show(ctx: Context) -> Response:
    """Show one thing, or hand out its facts."""
    key = EntityKey(ctx.params["key"])
    if ctx.query.text("export") == "ftm":
        data = sharing.as_ftm(ctx.node, ctx.session, key)
        return ctx.attachment(data, "application/json", "entity.ftm.json")
    model = entity.entity_page(ctx.node, ctx.session, key)
    if ctx.query.text("export"):
        facts = [fact for group in model.groups for fact in group.facts]
        return ctx.export(ctx.query.text("export"), "entity", facts, model.banner.short)
    ctx.more.update(key=ctx.one_use_key(), partners=sharing.partners(ctx.node, ctx.session))
    return ctx.page("entity.html", model, twin=[{"id": model.key, "subjects": [model.key], "entity": model}])


PAGES = (Page("/entities/{key:path}", "entities", show),)
