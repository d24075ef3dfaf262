"""Binds tagged PDFs into one: pages, bookmarks and the structure that screen readers follow (ISO 32000-1, 14.7)."""

import io
from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Pdf, String


def bind(bodies: list[bytes], *, bookmarks: list[str]) -> bytes:
    """The first document with the pages of the others behind it; each of those gets the bookmark of its place."""
    with Pdf.open(io.BytesIO(bodies[0])) as whole:
        for at, body in enumerate(bodies[1:]):
            with Pdf.open(io.BytesIO(body)) as part:
                first_page = len(whole.pages)
                append(whole, part, prefix=f"P{at + 1}")
            with whole.open_outline() as outline:
                outline.root.append(OutlineItem(bookmarks[at], first_page))
        written = io.BytesIO()
        whole.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return written.getvalue()


def append(whole: Pdf, part: Pdf, *, prefix: str) -> None:
    """Put a part's pages and structure behind those of the whole."""
    tree = whole.Root.StructTreeRoot
    shift = int(tree.ParentTreeNextKey)
    renumber_pages(part, shift)
    rename_cells(part, prefix)
    whole.pages.extend(part.pages)
    # Pages come first: copied structure then points at the copied pages.
    copied = whole.copy_foreign(part.make_indirect(part.Root.StructTreeRoot))
    document = tree.K[0]
    for child in copied.K[0].K:
        child.P = document
        document.K.append(child)
    keys = numbers_of(copied.ParentTree, shift)
    for item in keys:
        tree.ParentTree.Nums.append(item)
    tree.ParentTreeNextKey = shift + int(copied.ParentTreeNextKey)
    merge_names(tree, copied)


def renumber_pages(part: Pdf, shift: int) -> None:
    """Shift the keys by which pages and their annotations find their structure."""
    for page in part.pages:
        if Name.StructParents in page.obj:
            page.obj.StructParents = int(page.obj.StructParents) + shift
        for note in page.obj.get(Name.Annots, Array()):
            if Name.StructParent in note:
                note.StructParent = int(note.StructParent) + shift


def rename_cells(part: Pdf, prefix: str) -> None:
    """Make the ids of table headers unlike those of other parts, where they are given and where they are named."""
    for element in elements_of(part.Root.StructTreeRoot.K[0]):
        if Name.ID in element:
            element.ID = String(f"{prefix}{element.ID!s}")
        attributes = element.get(Name.A, Array())
        for attribute in attributes if isinstance(attributes, Array) else [attributes]:
            if isinstance(attribute, Dictionary) and Name.Headers in attribute:
                attribute.Headers = Array([String(f"{prefix}{name!s}") for name in attribute.Headers])
    names = part.Root.StructTreeRoot.get(Name.IDTree, Dictionary()).get(Name.Names, Array())
    for at in range(0, len(names), 2):
        names[at] = String(f"{prefix}{names[at]!s}")


def elements_of(root: Object) -> Iterator[Object]:
    """Every structure element below a root, itself included; marked content has no children."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        kids = element.get(Name.K, Array())
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, Dictionary) and kid.get(Name.Type) == Name.StructElem:
                waiting.append(kid)


def numbers_of(parents: Object, shift: int) -> Iterator[Object | int]:
    """The pairs of a number tree, their keys shifted, in order."""
    items = list(parents.Nums)
    for at in range(0, len(items), 2):
        yield int(items[at]) + shift
        yield items[at + 1]


def merge_names(tree: Object, copied: Object) -> None:
    """Put the ids of a part into the tree of ids, which is sorted."""
    pairs: list[tuple[bytes, Object, Object]] = []
    for names in (root.get(Name.IDTree, Dictionary()).get(Name.Names, Array()) for root in (tree, copied)):
        pairs += [(bytes(names[at]), names[at], names[at + 1]) for at in range(0, len(names), 2)]
    if not pairs:
        return
    pairs.sort(key=lambda pair: pair[0])
    merged = Array()
    for _key, name, element in pairs:
        merged.append(name)
        merged.append(element)
    tree.IDTree = Dictionary(Names=merged)
