"""The language of a document, by its script and its little words."""

import pytest

from chatkeep.knowledge.language import detect_language

SAID = {
    "ar": "الجميع أحرار ومتساوون في الكرامة والحقوق منذ ولادتهم",
    "bg": "Всички хора се раждат свободни и равни по достойнство и права, и те са надарени с разум.",
    "cs": "Všichni lidé se rodí svobodní a sobě rovní co do důstojnosti a práv. Jsou nadáni rozumem.",
    "da": "Hvad var det, hun havde set af byen, efter at de blev gift? Det er ikke noget, man taler om.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft begabt.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están.",
    "fa": "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند. گفته شد که چنین",
    "fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina. He ovat saaneet järjen, ja heidän on oltava.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués.",
    "he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם",
    "hi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है",
    "hu": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Az emberek ilyenek.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati.",
    "ja": "すべての人間は、生まれながらにして自由であり、尊厳と権利とについて平等である。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Eles são dotados.",
    "ro": "Toate ființele umane se nasc libere și egale în demnitate și în drepturi. Ele sunt înzestrate cu.",
    "ru": "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом.",
    "sv": "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och.",
    "tr": "Bütün insanlar hür ve eşit doğarlar. Bu çok önemli, ama ne için, ne kadar ve nasıl?",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом.",
    "zh": "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。",
}


@pytest.mark.parametrize("language", SAID)
def test_a_sentence_or_two_tell(language: str) -> None:
    assert detect_language(SAID[language]) == language


@pytest.mark.parametrize("text", ["", "12 345, 67.8", "Kubernetes Postgres Redis nginx", "x = y + z"])
def test_what_holds_no_prose_has_no_language(text: str) -> None:
    assert detect_language(text) == ""


def test_a_quotation_does_not_outweigh_the_rest() -> None:
    assert detect_language(SAID["en"] * 4 + SAID["ru"] + SAID["de"]) == "en"
    assert detect_language(SAID["ja"] + " Kubernetes (nginx) API") == "ja"


def test_only_the_beginning_is_read() -> None:
    assert detect_language(SAID["de"] * 300 + SAID["en"] * 10_000) == "de"
