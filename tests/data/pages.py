"""A page with an article between menus."""

ARTICLE = "".join(f"<p>Paragraph {n} of the article has a number of words of its own.</p>" for n in range(12))
PAGE = (
    "<!doctype html><html><head><title>About  bread</title></head><body>"
    "<nav><a href='/a'>Home</a> <a href='/b'>Subscribe now</a></nav>"
    f"<article><h1>Bread</h1>{ARTICLE}</article><footer>Imprint</footer></body></html>"
)
