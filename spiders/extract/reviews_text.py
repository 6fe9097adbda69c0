"""What is review text and what is the platform's own."""

from __future__ import annotations

import re

__all__ = ["clean_body", "clean_name", "is_junk", "is_platform_text", "is_section_title", "is_testimonial_title", "may_be_section_title", "text_key"]

_WORD = re.compile(r"\W+")
_TEMPLATE = re.compile(r"\{\{|\}\}|\$\{|<%|%>|\[\[|\]\]|\{%|#\{|__\w+__|^%\w+%$|lorem ipsum", re.I)
_MORE = (
    r"(?:read|show|see|view|load) (?:more|less|full review|all)|more|less|continue reading"
    r"|(?:mehr|weniger) (?:lesen|anzeigen)|weiterlesen|mehr|lire (?:la suite|plus)|(?:en )?savoir plus"
    r"|voir (?:plus|moins)|(?:leer|ver|mostrar) (?:más|menos|mas)|leer todo|(?:ler|ver|leia) mais"
    r"|leggi (?:tutto|di più)|(?:mostra|vedi) (?:altro|di più|meno)|lees (?:meer|verder)|(?:toon|bekijk) meer"
    r"|läs mer|visa mer|les mer|vis mer|læs mere|vis mere|lue lisää|näytä lisää|czytaj (?:więcej|dalej)"
    r"|pokaż więcej|więcej|číst (?:dále|více)|zobrazit více|čítať viac|читать (?:далее|полностью|дальше|ещё|еще)"
    r"|(?:показать|подробнее|ещё|еще|читати далі|детальніше)(?: полностью)?|devamını (?:oku|gör)|daha fazla"
    r"|citește mai (?:mult|multe)|tovább|bővebben|περισσότερα|もっと(?:見る|読む)|続きを読む|更多|展开|查看更多|閱讀更多"
    r"|더 ?보기|اقرأ المزيد|المزيد|קרא עוד|ادامه مطلب|baca selengkapnya|selengkapnya|xem thêm|อ่านเพิ่มเติม"
)
_TAIL = re.compile(rf"(?:\s*[\[(]?\s*(?:\.{{3}}|…|»|›|→)?\s*(?:{_MORE})\s*[\])]?\s*(?:\.{{3}}|…|»|›|→)?)\s*\Z", re.I)
_TAIL_GUARD = re.compile(r"(?:\n|\.{3}|…|[.!?]\s)\s*\Z")
_QUOTES = "\"'“”„‟«»‹›‘’‚「」『』《》〝〞❝❞"
_PLATFORM = re.compile(
    r"^(?:(?:✓|✔|☑)?\s*(?:verified|verifizierte?r?|vérifié|verificad[oa]|verificat[oa]|geverifieerd|verifierad|"
    r"zweryfikowan\w*|подтвержд\w*|проверен\w*)(?:\s\w+){0,3}|(?:was|is) this .{0,30}helpful.*|helpful\??|"
    r"report(?: (?:abuse|review|as inappropriate))?|share|reply|yes|no|flag|like|edit|delete|"
    r"(?:write|leave|add|submit|post) (?:a|your|the)? ?(?:customer )?(?:review|comment|feedback|testimonial).*|"
    r"be the first to (?:write|review|leave).*|(?:there are )?no (?:customer )?(?:reviews|ratings|comments).*|"
    r"(?:based on|out of|from|see all|view all|read all|all|over)? ?[\d.,]+\+? ?(?:verified |customer |global |total )?"
    r"(?:reviews?|ratings?|bewertungen|avis|reseñas|opiniones|recensioni|beoordelingen|reviews|отзыв\w*|opinii|votes?)\.?|"
    r"loading.*|(?:most )?(?:recent|helpful|relevant)|sort by.*|filter.*|previous|next|anonymous|"
    r"customer reviews?|reviews?|testimonials?|kundenbewertungen|(?:noch )?keine bewertungen.*|"
    r"aucun avis.*|(?:aún )?no hay (?:reseñas|opiniones).*|nessuna recensione.*|nog geen (?:reviews|beoordelingen).*|"
    r"(?:write|schreiben sie|schreibe|verfasse|rédiger|donnez|escribir|escribe|scrivi|schrijf|napisz|написать|оставить)\b.{0,40}"
    r"(?:review|bewertung|rezension|avis|reseña|opini[oó]n|recensione|beoordeling|opini\w+|отзыв)\w*)$",
    re.I,
)
_BY = re.compile(
    r"^(?:[-–—―~*•|,:]\s*)+|^(?:(?:review(?:ed)? |posted |written )?by|von|par|por|door|da|di|av|af|autor|author|"
    r"автор|przez|od|name)\s*:?\s+(?=\S)|^(?:by|von|par|por|autor|author|name|автор)\s*:\s*",
    re.I,
)
_BY_WORDS = {"by", "von", "par", "por", "da", "di", "av", "af", "door", "przez", "od", "от", "автор", "author"}
_HELPFUL = re.compile(
    r"^\W*\d+\b.{0,60}(?:helpful|hilfreich|utile|útil|nuttig|pomocn|przydatn|полезн)|"
    r"(?:helpful|hilfreich|utile|útil|nuttig|przydatn\w+|pomocn\w+|полезн\w+|hjælpsom|hjälpsam)[^.!?]{0,30}\?|^rate (?:this|it)\b",
    re.I,
)


def text_key(text: str) -> str:
    """`text` without all but its letters and digits, to see whether two texts are one."""
    return _WORD.sub("", text.casefold())


def clean_body(text: str) -> str:
    """Review text without the quotes around it and the link that unfolds it.

    >>> clean_body("“Good coffee, fast… Read more”")
    'Good coffee, fast…'
    """
    text = text.strip()
    match = _TAIL.search(text, max(0, len(text) - 40))
    if match and (
        match[0].lstrip()[:1] in "[(.…»›→" or _TAIL_GUARD.search(text[max(0, match.start() - 5) : match.start() + 1])
    ):
        cut = text[: match.start()].rstrip()
        text = cut + ("…" if "…" in match[0] or "..." in match[0] else "")
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if text[:1] in "“„«「『❝" and not any(c in text[1:] for c in "”“»」』❞"):
        text = text[1:].lstrip()
    if text[-1:] in "”»」』❞" and not any(c in text[:-1] for c in "“„«「『❝"):
        text = text[:-1].rstrip()
    return text


def clean_name(text: str) -> str | None:
    """A name without "by" and dashes before it; None where it cannot be one."""
    text = _BY.sub("", " ".join(text.split())).strip(" ,;:|·•–—-")
    return text if 1 < len(text) <= 80 and text.lower() not in _BY_WORDS else None


def is_junk(text: str) -> bool:
    """Nothing a person said: no letters, a template's placeholder, or the platform's own words."""
    return not any(c.isalpha() for c in text) or bool(_TEMPLATE.search(text)) or is_platform_text(text)


def is_platform_text(text: str) -> bool:
    text = " ".join(text.split())
    return len(text) <= 100 and bool(_PLATFORM.match(text) or _HELPFUL.search(text))


_REVIEW_TITLE = re.compile(
    r"(?:customer|client|user|guest|patient|product|member|reader|google|recent|latest|our).{0,20}reviews?\b|"
    r"^(?:customer |user )?reviews?\b|bewertung|rezension|gästebuch|\bavis\b|opinion(?:es|i)\b|reseñas|recension|avaliaç|"
    r"beoordelingen|opinie|recenzj|recenze|hodnocení|vélemény|отзыв|відгук|yorum|değerlendirme|omdöme|anmeldelse|arvostelu|"
    r"κριτικ|recenzii|レビュー|口コミ|评价|評價|리뷰|تقييم|مراجعات|ביקורות|نظرات|ulasan|đánh giá|รีวิว|समीक्षा",
    re.I,
)
_TESTIMONIAL_TITLE = re.compile(
    r"testimon|(?:customer|client|user|guest|patient|member|reader|student|people|parents|they|others|what).{0,30}"
    r"(?:\bsay|\bsaid|\bthink|\btalk|stories\b|feedback)|loved by|trusted by|happy (?:customers|clients|users)|"
    r"(?:customer|client|user|guest) feedback|word on the street|kund(?:en|innen).{0,25}(?:stimm|mein|sag|feedback)|"
    r"(?:das|was) .{0,40}\bsagen|stimmen\b|erfahrungsbericht|témoignage|avis (?:de |des )?(?:nos )?(?:clients|voyageurs)|"
    r"ce que .{0,30}(?:disent|pensent)|ils parlent de|testimoni|(?:lo )?que dicen|lo que opinan|dicen de nosotros|"
    r"dicono di|cosa (?:dicono|pensano)|(?:o que|que) .{0,25}(?:dizem|falam)|depoimento|"
    r"(?:klant|gast).{0,20}(?:ervaring|zeggen|vertellen)|wat .{0,30}zeggen|(?:co )?(?:o nas )?mówią|řekli|reference\b|mondták|"
    r"говорят|рассказывают|кажуть|müşteri.{0,25}(?:diyor|görüş|yorum)|kunder s[äi]g|kundene sier|asiakkaa?t (?:sano|kerto)|"
    r"μαρτυρ|είπαν|mărturii|părer|お客様の声|客户评|客戶|客户说|후기|آراء|המלצות|לקוחות (?:ממליצים|מספרים)|"
    r"khách hàng (?:nói|đánh)|प्रशंसापत्र",
    re.I,
)


_STEMS = (
    "review testimon feedback stories say said think talk loved trusted happy word bewertung rezension buch stimm mein sag"
    " erfahrung avis témoign disent pensent parlent opinion reseña dicen opinan recens dicono pensano cosa dizem falam depoim"
    " avalia beoordel ervaring zeggen vertel opini recen mówią hodnocení řekli reference vélemény mondták отзыв говор"
    " рассказ кажуть відгук yorum değerlen diyor görüş omdöme säger siger sier anmeld arvost sano kerto κριτικ μαρτυρ είπαν"
    " mărturi părer レビュー 口コミ お客様 评价 評價 客户 客戶 리뷰 후기 تقييم مراجعات آراء ביקורות המלצות לקוחות نظرات ulasan"
    " đánh khách รีวิว समीक्षा प्रशंसा".split()
)


def may_be_section_title(text: str) -> bool:
    """Is it worth asking `is_section_title` of parts of `text`? Cheap and never wrongly False."""
    text = text.lower()
    return any(stem in text for stem in _STEMS)


def is_section_title(text: str) -> bool:
    """Does a heading say that reviews follow, as "Customer reviews" does?"""
    return len(text) <= 90 and may_be_section_title(text) and bool(_REVIEW_TITLE.search(text) or _TESTIMONIAL_TITLE.search(text))


def is_testimonial_title(text: str) -> bool:
    """Does a heading say that chosen voices follow, as "What our customers say" does?"""
    return len(text) <= 90 and bool(_TESTIMONIAL_TITLE.search(text))
