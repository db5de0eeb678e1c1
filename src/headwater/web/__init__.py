"""The doors on HTTP. Routes only: what they do stands in the rooms behind them.

Three doors: `partner` for partners' nodes, `matching` for other tools, and the analyst's page, which is all the rest.

How a page is added
-------------------

1. ``headwater/node/pages/NAME.py``: a frozen dataclass, the read model, and one function ``(node, session, ...)`` that
   returns it. It asks ``may(session, Act...)`` first and reads through ``node.view(session)``. No page reads anything else.
2. ``headwater/web/pages/NAME.py``: a handler ``def show(ctx: Context) -> Response`` and ``PAGES = (Page("/name", "name", show),)``.
   A handler reads fields with ``ctx.query`` and ``ctx.form`` (a `Fields`: ``text``, ``number``, ``whole``, ``choice``,
   each names its field when it refuses), asks the node, and returns ``ctx.page("name.html", model, twin=[...rows...])``.
   The twin makes ``?format=json`` by itself; ``ctx.see_other(path)`` ends a form. Errors are raised as declared errors:
   `errors.py` turns them into pages.
3. ``headwater/web/pages/__init__.py``: its module in `MODULES`, one line.
4. ``headwater/web/authz.py``: one line for each method of each path; a route without one stops the node.
5. ``headwater/web/templates/name.html``: ``{% extends "base.html" %}``, blocks ``title``, ``content`` and, where the page has
   own scripts or styles, ``head`` and ``scripts`` (``<script type="module" src="{{ static('name.js') }}">``, nothing
   inline). The base gives ``<main id="main" data-page=NAME>``, banner, navigation, live region. Macros are in ``ui.html``.
   Text of others goes through ``|others``, sentences of engines and rules through ``say()``; a form holds ``{{ ui.token() }}``.
6. Words: ``_("...")`` in templates and handlers; the Serbian (Cyrillic) and Albanian in ``locale/*/NAME.po``: every file there
   is read, so each page has its own. ``tests/unit/web/test_words.py`` names what is missing.

Static files lie in ``static/``; ``static("x.js")`` gives the address, which holds a hash over the whole folder, so that files
may name each other relatively and are kept for good. ``x.js.br`` and ``x.js.gz`` beside a file are sent where the browser
takes them.
"""
