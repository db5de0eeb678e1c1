"""Countries by name and code, as lists and forms write them."""

from functools import cache, lru_cache
from typing import Final

from headwater.engines.match.script import stripped

_COUNTRIES: Final = """
ad andorra|ae united arab emirates,uae|af afghanistan|al albania|am armenia|ao angola|ar argentina|at austria|au australia|\
az azerbaijan|ba bosnia and herzegovina,bosnia-herzegovina,bosnia|bb barbados|bd bangladesh|be belgium|bf burkina faso|bg bulgaria|\
bh bahrain|bi burundi|bj benin|bn brunei,brunei darussalam|bo bolivia|br brazil|bs bahamas|bt bhutan|bw botswana|by belarus|bz belize|\
ca canada|cd democratic republic of the congo,congo democratic republic of the,congo (kinshasa),drc|cf central african republic|\
cg congo,republic of the congo,congo (brazzaville)|ch switzerland|ci cote d'ivoire,ivory coast|cl chile|cm cameroon|cn china,\
people's republic of china|co colombia|cr costa rica|cu cuba|cv cape verde,cabo verde|cy cyprus|cz czechia,czech republic|de germany|\
dj djibouti|dk denmark|dm dominica|do dominican republic|dz algeria|ec ecuador|ee estonia|eg egypt|er eritrea|es spain|et ethiopia|\
fi finland|fj fiji|fr france|ga gabon|gb united kingdom,uk,great britain,united kingdom of great britain and northern ireland,england|\
gd grenada|ge georgia|gh ghana|gm gambia,the gambia|gn guinea|gq equatorial guinea|gr greece|gt guatemala|gw guinea-bissau|gy guyana|\
hk hong kong|hn honduras|hr croatia|ht haiti|hu hungary|id indonesia|ie ireland|il israel|in india|iq iraq|ir iran,\
iran (islamic republic of),islamic republic of iran|is iceland|it italy|jm jamaica|jo jordan|jp japan|ke kenya|kg kyrgyzstan|kh cambodia|\
ki kiribati|km comoros|kp north korea,democratic people's republic of korea,korea north,dprk|kr south korea,republic of korea,korea \
south|kw kuwait|kz kazakhstan|la laos,lao people's democratic republic|lb lebanon|lc saint lucia|li liechtenstein|lk sri lanka|lr liberia|\
ls lesotho|lt lithuania|lu luxembourg|lv latvia|ly libya,state of libya,libyan arab jamahiriya|ma morocco|mc monaco|md moldova,\
republic of moldova|me montenegro|mg madagascar|mh marshall islands|mk north macedonia,macedonia,the former yugoslav republic of \
macedonia|ml mali|mm myanmar,burma|mn mongolia|mr mauritania|mt malta|mu mauritius|mv maldives|mw malawi|mx mexico|my malaysia|\
mz mozambique|na namibia|ne niger|ng nigeria|ni nicaragua|nl netherlands,the netherlands|no norway|np nepal|nz new zealand|om oman|\
pa panama|pe peru|pg papua new guinea|ph philippines,the philippines|pk pakistan|pl poland|ps palestine,state of palestine,palestinian,\
palestinian territories|pt portugal|py paraguay|qa qatar|ro romania|rs serbia|ru russia,russian federation|rw rwanda|sa saudi arabia|\
sb solomon islands|sc seychelles|sd sudan|se sweden|sg singapore|si slovenia|sk slovakia|sl sierra leone|sm san marino|sn senegal|\
so somalia|sr suriname|ss south sudan|sv el salvador|sy syria,syrian arab republic|sz eswatini,swaziland|td chad|tg togo|th thailand|\
tj tajikistan|tl timor-leste,east timor|tm turkmenistan|tn tunisia|to tonga|tr turkey,turkiye|tt trinidad and tobago|tw taiwan|\
tz tanzania,united republic of tanzania|ua ukraine|ug uganda|us united states,usa,united states of america|uy uruguay|uz uzbekistan|\
va holy see,vatican|ve venezuela,venezuela (bolivarian republic of)|vn vietnam,viet nam|ws samoa|xk kosovo|ye yemen|za south africa|\
zm zambia|zw zimbabwe
"""


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _COUNTRIES.strip().split("|"):
        code, _, names = line.partition(" ")
        found[code] = code
        found.update((name, code) for name in names.split(","))
    return found


@lru_cache(maxsize=1 << 12)
def country(text: str) -> str:
    """Return a country's two-letter code in lower case; the text itself, lower-case, where it is not known."""
    plain = stripped(" ".join(text.casefold().split())).strip(".")
    return _codes().get(plain, plain)
