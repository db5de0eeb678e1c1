"""Given names that are known to be different, or to be one name in several spellings.

Two different known names are not a slip of the pen: Marko is not Mirko, Arben is not Arbër. One line a name, with its
spellings. General knowledge of the languages that headwater's partners speak; no list of persons was used.
"""

from functools import cache, lru_cache
from typing import Final

from headwater.engines.match.arabic_names import one_spelling
from headwater.engines.match.script import Script, latin, stripped
from headwater.engines.match.sound import fold

GROUPS: Final = 6
"""Known names that one spelling can stand for, at most."""

_NAMES: Final = """
aleksandar aleksander alexander alexandre aleksandr iskander oleksandr|aleksandra alexandra|aleksa alexa|aleksej alexei \
alexey aleksei aleksey oleksii|ana anna|andrej andrei andrey andriy andrii|andrija|andrea|andreas|andro|anđela angela|anđelka|angelo|\
anja|anica|ante|anton|antun|antonio anthony antony|bajram bayram|bogdan|bogoljub|bojan|bojana|boris|borislav|boro|bora|borivoje|\
božidar|božo|branislav|branimir|branko|branka|bratislav|budimir|cvetan|cvetko|čedomir|damir|damjan|dana|danica|danijel daniel danil|\
danijela daniela|danilo|darko|darija daria darya|davor|dejan|dejana|denis dennis|desanka|dimitrije|dimitar|dmitri dmitry dmitrij \
dmytro dmitrii|dobrivoje|dragan|dragana|dragica|drago|dragoljub|dragomir|dragoslav|dragutin|draško|dražen|duško|dušan|dušanka|đorđe \
georgije|gjorgji|đorđi|georgi georgy georgii heorhii gjorgji|george|đurađ|đuro|đura|elena olena|jelena|emil|emilija emilia|filip philip|goce|\
goran|gorana|gordana|gordan|grigori grigory hryhorii|igor ihor|ilija iliya ilya illia|ilijana iliana|ivan|ivana|ivica|ivo|iva|ivanka|\
jakov yakov|jana|janko|jasna|jasmina|jasmin|jefim|josip|jovan|jovana|jovica|jovanka|jovo|julija julia yulia yuliya|jurij yuri yury \
yuriy yurii|jure|kira|kiril kirill kyrylo|kiro|kosta|konstantin kostiantyn|kristijan christian|kristina christina|krsto|krste|krum|\
ksenija ksenia|lazar|lazo|lena|leon|leonid|lidija lidia|ljiljana|ljubica|ljubomir|ljubiša|ljupčo|ljupka|luka|lukas lucas|ljudmila \
ludmila lyudmila|maja maya|maksim maxim maksym|marija maria mariya|marijana|marina|marko|mark|markus marcus|marta martha|martin|\
martina|mate|matej matei matvei|mateja|matija|mihail mikhail mykhailo mihajlo|mihaela michaela|mila|milan|milana|milena|mile|milenko|\
milica|milija|milivoje|miljan|milka|milo|milomir|milorad|miloš|milovan|milutin|mira|miralem|mirjana|mirko|mirka|miro|miroljub|miroslav|\
miroslava|mitko|mitar|mladen|momčilo|nada|nadežda nadezhda|nadica|natalija natalia nataliya natalya|nataša|nebojša|nedeljko|nemanja|\
nenad|nevena|nikola nicola mykola|nikolaj nikolai nikolay nicolai|nikolas nicholas nicolas|nikolina|nina|novak|novica|obrad|ognjen|\
oleg oleh|oleksij|olga olha|oliver|olivera|ostoja|pavle|pavel pavlo|pavao|paul|petar petr petro|peter|pero|petra|predrag|petko|pavko|rumen|rumjana rumyana rumiana|radan|rade|\
radenko|radislav|radivoje|radmila|rado|radojica|radoje|radojka|radomir|radoslav|radovan|rajko|ranko|ranka|rastko|ratko|renata|\
risto|robert|roman|romana|ružica|sanja|saša sasha|sava|savo|sergej sergei sergey serhii|simeon|simo|simona|slađana|slađan|slaven|\
slavica|slavko|slavoljub|slobodan|slobodanka|snežana|sofija sofia|sonja sonia sonya|spiro|srećko|srđan|sreten|stana|stanimir|stanko|\
stanislav|stefan stepan|stevan|stevo|stojan|stojanka|stojko|suzana|svetislav|svetlana svitlana|svetozar|tamara|tanja tania tanya|\
tatjana tatiana tatyana|teodor theodor|teodora|tihomir|timur|toma|tomislav|tome|tomas thomas|toni tony|trajko|trajan|uroš|valentin|\
valentina|valeri valery valerii|vasa|vasil vasyl vasily vasilii|vasilij vasily vasilii|vasilije|velimir|velja|veljko|vera|verica|vesna|veselin|vida|\
viktor victor|viktorija viktoria victoria|violeta|višnja|vitali vitaly vitalii|vjekoslav|vlada|vladan|vlade|vladimir volodymyr|\
vladislav vladyslav|vlado|vlatko|vojin|vojislav|vojo|vuk|vukašin|vukan|zdravko|zlatan|zlatko|zlata|zoran|zorana|zorica|zora|zoja zoya|\
zvonimir|zvonko|zvezdan|žarko|željko|željka|živko|živojin|živorad|živana|živan
adem|admir|adnan|afrim|agim|agon|agron|alban|albana|albert|alberta|albin|albina|albulena|alketa|altin|alush|amir|ardian|ardit|arian|\
ariana|arben arbën|arbër arber|arbnor|arbresha|ardita|armend|arsim|artan|artur arthur|asllan|astrit|atdhe|avdi|avni|azem|bahri|\
bajrush|baki|bardh|bardha|bardhyl|bashkim|behar|behxhet|bekim|berat|besa|besar|besart|besian|besim|besnik|beqir bećir|blerim|blerta|\
blerina|blend|bujar|burim|dardan|dardana|dashnor|dea|demir|dhimitër|diell|dren|drilon|driton|drita|dritan|durim|edi|edmond|edon|\
edona|egzon|elmi|elira|elvis|emin|emina|endrit|enis|enver|eris|erion|ermal|ermira|erzen|esat|etrit|fadil|fahri|faik|fatbardha|fatime|\
fatlum|fatmir|fatos|fehmi|ferat|ferit|feriz|fidan|fisnik|flamur|flaka|florent|florim|florin|florina|gani|gazmend|gezim|gëzim|\
gentian|gent|gjergj|gjin|gjok|gjon|gjovalin|granit|habib|hajdar haidar|hajredin|hajrush|halil khalil|halim|halit khalid|hamdi|hamza|\
hamit|hasan hassan|hashim|haxhi|hysen hussein husein husayn hussain|hysni husni|ibrahim|idriz idris|ilir|ilirjana|ilira|illyrian|imer|isa|ismail \
ismajl|ismet|isuf|jakup|jashar|jeton|jeta|jusuf yusuf youssef yousef|kadri|kastriot|korab|kreshnik|kujtim|kushtrim|labinot|latif|\
lavdim|lavdrim|leart|lendita|leonora|liridon|lirim|liridona|luan|luljeta|lulzim|mehdi|mehmet mehmed|memli|mensur|mentor|mërgim|mejdi|metë|\
mehdi mahdi|mimoza|mirash|mirjeta|muharrem|muhamet|muhamed mohammed muhammad mohamed mohammad muhammed mohamad mehmed|mujë|musa moussa mousa|\
mustafa mustapha|naim|naser nasser nasir|nazim|nazmi|nderim|ndue|neki|nexhat|nexhip|nexhmedin|nexhmije|nimon|nol|nora|njazi|orhan|osman \
othman uthman|pal|pashk|pjetër|petrit|prek|prend|qamil|qazim|qemal|qendrim|qerim|kerim karim|rafet|ragip|rahim|rahman|ramadan|ramiz|\
ramush|rasim|redon|refik|rexhep|rexhë|rinor|rifat|riza|rrahim|rrahman|rron|rrustem|rrezarta|sabit|sabri|sadik|sadri|salih saleh|sali|\
sami|samir|sanije|sead|sejdi|selim salim saleem|selman|senad|sevdije|shaban|shaip|shaqir|shefqet|shemsi|shkelzen|shkumbin|shpend|\
shpëtim|shpresa|shpat|shyqri|sinan|skender|sokol|sulejman suleiman sulaiman soleiman|sylejman|syri|tahir|teuta|tefik|trim|tringa|\
ukë|uran|ukshin|valdet|valmir|valon|valbona|vedat|veton|vetëvendosje|visar|vjollca|xhafer jafar|xhavit|xheladin|xhelal jalal|xhemal \
jamal gamal|xhemail|xhemajl|xhevahire|xhevat|xhevdet|ylber|yll|ymer|zef|zekë|zenel|zeqir|zymer
abbas|abdallah abdullah abdulla|adel adil|ahmad ahmed|aisha ayesha|akbar|akram|ali aly|alia|amin ameen|amina|amjad|ammar|anas|anwar|\
asad|asif|ashraf|ayman aiman|aziz|bakr|abubakr abubakar aboubakr aboubacar abubaker aboubakar ebubekir|bashar|bashir|basim|bilal|burhan|daud dawood daoud davud|ehsan ihsan|fahd fahad|faisal faysal|\
farah|farid|faruk farooq farouk|fatima fatema fatemeh|fawzi|fuad fouad|ghassan|ghulam|habiba|hakim|hamad|hamid hameed|hani|harun haroon|\
hashem|hatem|hisham|huda|husam|imad|imran|iqbal|issam|jaber jabir|jamil|jawad javad|kamal|kamil|karima|kazem|laila leila layla|mahmud \
mahmoud mehmud|majid majed|malik|mansur mansour|marwan|maryam mariam|masud massoud masood|maysa|mazen|mir|muhsin mohsen|mujahid|munir|\
murad|nabil|nadia|nadir nader|nasrin|naji|najib|najim|nawaz|nizar|noor nur nour|numan|omar umar omer|qais|qasim kassem qassem kasim|\
rashid rasheed|raed|rafiq|raja|ramzi|rana|rania|rauf|riad riyad|reza rida|rustam|saad|sabir|saddam|saeed said sayeed|safa|sahar|salah|\
salam|salma|salman|samira|sara sarah|shakir|sharif|suhail|taha|tahira|talal|tareq tariq tarek|ubaydullah ubaidullah obaidullah obaydullah|usama osama|wael|walid waleed|wasim|yahya|\
yaqub yakub|yasin yassin|yasir yasser|zahir|zahra|zainab zeinab zaynab|zaid zayd|ziad ziyad|zakaria
adam|alan|alice|amanda|amy|angus|benjamin|brian|carl|carlos|catherine katherine|charles|charlotte|claire|colin|craig|david|diana|donald|\
edward|eleanor|elizabeth|emily|emma|eric erik|frances|francis|frank|fred|gareth|gary|gavin|glen|grace|graham|harold|harry|hannah|helen|\
henry|hugh|ian|irene|isaac|jack|jacob|james|jane|janet|jason|jean|jeremy|jessica|joan|joanna|john|jonathan|joseph|joshua|juan|judith|\
karen|keith|kenneth|kevin|laura|lawrence|leonard|lewis|liam|linda|lisa|louise|louis|lucy|luke|margaret|marie|mary|matthew|maureen|\
megan|michael|michel|michelle|miguel|mohan|nancy|nathan|neil|noah|norman|olivia|oscar|owen|patricia|patrick|pedro|philippa|pierre|\
rachel|ralph|raymond|rebecca|richard|roger|ronald|rose|ross|roy|russell|ruth|ryan|sally|samuel|sandra|scott|sean|sharon|simon|sophie|\
stephen steven|stuart|susan|teresa|terry|timothy|tom|ursula|valerie|vincent|walter|wayne|wendy|william|zoe|hans|heinz|fritz|otto|olaf|\
octavian|friedrich|frederik|ernst|kurt|karl|klaus|jürgen|günter|uwe|ute|ulrich|wolfgang|jan|josef|jiri|pavla|piotr|pawel|krzysztof|\
tomasz|marek|jerzy|luis|jose|jorge|javier|julio|mario|manuel|rafael|ramon|raul|sergio|vicente|ahmet|ayşe|cem|cemal|cemil|deniz|elif|\
emre|erdal|erdem|ergün|erol|ersin|fatih|fatma|hakan|halime|hüseyin|kemal|mert|murat|mustafa|okan|onur|orhan|osman|özgür|recep|selçuk|\
serdar|serkan|sinan|süleyman|tuncay|turgut|ufuk|volkan|yaşar|yılmaz|zeynep
"""


_SHORT: Final = """
abigail=abby gail|abraham=abe|alan=al|albert=bert al|aleksandar=alex sasha sascha shura|aleksandra=sasha alexa|andrew=andy drew|andrei=andryusha|\
anna=anya annie|anthony=tony|anton=tosha|arthur=art artie|barbara=barb babs|benjamin=ben benny bibi|charles=charlie chuck|christina=tina chris|\
christopher=chris kit|daniel=dan danny|david=dave davey|deborah=debbie deb|dmitri=dima mitya|donald=don donny|edmund=ed ned|edward=ed eddie ted teddy ned|\
ekaterina katherine=katya kate kathy katie cathy|elena=lena|elizabeth=liz beth betty eliza lizzie lisa|eugene evgeni yevgeni evgeny=gene zhenya|\
frances=fran|francis=frank|frederick=fred freddy|gerald=gerry jerry|gregory=greg|grigori=grisha|harold=harry hal|henry=hank harry|igor=gosha|\
ivan=vanya|jacob=jake|james=jim jimmy jamie|jennifer=jen jenny|john=jack johnny|jonathan=jon|joseph=joe joey|josip=joso jozo|kenneth=ken kenny|\
konstantin=kostya|lawrence=larry|leonard=len lenny|leonid=lyonya|ludmila=lyuda mila|margaret=maggie meg peggy|maria=masha|matthew=matt|\
michael=mike mick mickey|mihail=misha|nadezhda=nadya|natalia=natasha|nicholas=nick|nikolai=kolya|oleg=olezhka|olga=olya|pamela=pam|\
patricia=pat patty trish|patrick=pat paddy|pavel=pasha|peter=pete|petar=petya pera|raymond=ray|rebecca=becky|richard=dick rick ricky rich|\
robert=bob bobby rob robbie|ronald=ron ronnie|samuel=sam sammy|sandra=sandy|sergei=seryozha serezha|sofia=sonya|stanislav=stas|stephen=steve|\
susan=sue susie|svetlana=sveta|tatiana=tanya|terence=terry|theodore=ted teddy theo|thomas=tom tommy|timothy=tim|valentin=valya|vasily=vasya|\
victor=vic vitya|vincent=vince|vladimir=vova volodya vlad|vladislav=vlad|vyacheslav viacheslav=slava|william=bill billy will willy|yuri=yura
"""
"""Full names and what their bearers are called: whoever gives the one at a desk is listed under the other."""
_ARABIC: Final = """
muhamed=محمد|mahmud=محمود|ahmad=احمد أحمد|hamid hamed=حامد حميد حمید|hamad=حمد|umar=عمر|amr amro=عمرو|amer=عامر|ali=علي علی|hasan=حسن|\
hussein=حسين حسین|osman=عثمان|yusuf=يوسف یوسف|khalid=خالد|khalil=خليل خلیل|saeed=سعيد سعید|saad=سعد|salim salem=سالم سليم سلیم|\
suleiman=سليمان سلیمان|salman=سلمان|naser=ناصر|nasr=نصر|rashid=رشيد راشد رشید|tariq=طارق|tahir=طاهر|zahir=ظاهر زاهر ظهير|jaber=جابر|\
jamal=جمال|jamil=جميل جمیل|jalal=جلال|kamil=كامل کامل|kamal=كمال کمال|karim=كريم کریم|qasim=قاسم|hashim=هاشم|hisham=هشام|\
ibrahim=إبراهيم ابراهيم ابراهیم|ismail=إسماعيل اسماعيل اسماعیل|musa=موسى موسی|isa=عيسى عیسی|yahya=يحيى یحیی|yaqub=يعقوب یعقوب|\
zakaria=زكريا زکریا|salih=صالح|salah=صلاح|mustafa=مصطفى مصطفی|mojtaba mujtaba=مجتبى مجتبی|morteza murtada murtaza=مرتضى مرتضی|mansur=منصور|masud=مسعود|majid=ماجد مجيد مجید|walid=وليد ولید|\
yasir=ياسر یاسر|yasin=ياسين یاسین|zaid=زيد زید|ziad=زياد زیاد|adil=عادل|abdullah=عبدالله|ubaydullah=عبيدالله عبیدالله|fahd=فهد|faisal=فيصل فیصل|\
fuad=فؤاد فواد|faruk=فاروق|farid=فريد فرید|reza=رضا|jafar=جعفر|jawad=جواد|mehdi=مهدي مهدی|muhsin=محسن|habib=حبيب حبیب|\
bashir=بشير بشیر|bashar=بشار|bilal=بلال|burhan=برهان|anwar=انور أنور|ashraf=اشرف أشرف|akram=اكرم أكرم اکرم|akbar=اكبر أكبر اکبر|\
asghar=اصغر أصغر|amin=امين أمين امین|amir=امير أمير امیر|ayman=ايمن أيمن|osama=اسامة أسامة اسامه|anas=انس أنس|bakr=بكر بکر|abubakr=ابوبكر ابوبکر أبوبكر|\
daud=داود|rahim=رحيم رحیم|rahman=رحمن رحمان|ramadan=رمضان|sharif=شريف شریف|sharaf=شرف|shaban=شعبان|sadik sadiq sadegh=صادق|ishaq ishak eshaq=اسحاق إسحاق|talal=طلال|\
abbas=عباس|adnan=عدنان|aziz=عزيز عزیز|imad=عماد|ammar=عمار|imran=عمران|ghassan=غسان|latif=لطيف لطیف|malik=مالك مالک|marwan=مروان|\
mazen=مازن|murad=مراد|munir=منير منیر|naji=ناجي|najib=نجيب نجیب|nabil=نبيل نبیل|nadir=نادر|nazim=ناظم نظيم|noor=نور|hani=هاني|\
wasim=وسيم وسیم|wael=وائل|hakim=حكيم حاكم حکیم|hamza=حمزة حمزه|ehsan=احسان إحسان|idris=ادريس إدريس ادریس|iqbal=اقبال إقبال|\
husam=حسام|riad=رياض ریاض|sami=سامي سامی|samir=سمير سمیر|samer=سامر|sabir=صابر|sabri=صبري صبری|fatima=فاطمة فاطمه|\
aisha=عائشة عایشه|maryam=مريم مریم|zainab=زينب زینب|laila=ليلى ليلا لیلا|sara=سارة ساره|zahra=زهراء زهرا|amina=امينة أمينة آمنة امینه
"""
"""Common names in Arabic script with the Latin ones they are read as; of those that Latin spelling mixes, all in one line."""
_FAMILY_OF: Final = tuple(
    (ending, kind)
    for kind, endings in enumerate(
        ("oviC ovic oviq eviC evic eviq", "iC ic iq", "ov ova ev eva", "enko", "ovski evski ovska evska"), 1
    )
    for ending in endings.split()
)
"""Endings that make a family's name of a forefather's: Jovanović, Nikolić, Ivanov, Ivanenko, Jovanovski."""
_ROOT_ENDS: Final = ("", "a", "o")
"""What a forefather's name loses before such an ending: Nikola, Nikolić; Marko, Marković."""
_LEAST_ROOT: Final = 3
_HIS_ENDINGS: Final = ("s", "as", "is", "us", "ius", "os")
"""What Latvian, Lithuanian and Greek put at the end of men's names: Sergejs, Vladimiras, Petros."""
_LEAST_HIS_ROOT: Final = 4
FAMILIES: Final = 100_000
"""Numbers of families begin here, and stand this far apart from kind to kind."""


@cache
def _known() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_NAMES.replace("\n", "|").split("|")):
        for spelling in group.split():
            bare = stripped(spelling)
            for written in {spelling, bare, stripped(spelling.replace("đ", "d"))}:
                found.setdefault(fold(written), set()).add(number)
    for number, (spelled, _) in enumerate(_lines(_ARABIC), len(found)):
        for spelling in spelled:
            found.setdefault(fold(spelling), set()).add(number)
    for number, (full, short) in enumerate(_lines(_SHORT), 2 * len(found)):
        numbers = {known for name in full for known in found.setdefault(fold(name), {number})}
        for name in short:
            found.setdefault(fold(name), set()).update(numbers)
    return {sound: frozenset(numbers) for sound, numbers in found.items()}


def _lines(text: str) -> list[tuple[list[str], list[str]]]:
    """Return both sides of every line, in words."""
    sides = (line.split("=") for line in text.strip().split("|"))
    return [(left.split(), right.split()) for left, right in sides]


@cache
def _known_in_arabic() -> dict[str, frozenset[int]]:
    """Return names as they sound in Arabic script, without short vowels, with all that they can be in Latin."""
    found: dict[str, frozenset[int]] = {}
    for spelled, written in _lines(_ARABIC):
        numbers = frozenset[int]().union(*(_known()[fold(name)] for name in spelled))
        for word in written:
            sound = fold("'".join(one_spelling(latin(word, Script.ARABIC), arabic=True)))
            found[sound] = found.get(sound, frozenset()) | numbers
    return found


def is_given(sound: str) -> bool:
    """Return whether a word, as it sounds, is a known given name."""
    return sound in _known()


@lru_cache(maxsize=1 << 16)
def groups_of(sound: str, *, arabic: bool = False) -> tuple[int, ...]:
    """Return the numbers of the known names that a word can be, as it sounds: given names, or families named after one.

    Args:
        sound: the folded word.
        arabic: whether it was written in Arabic script, without short vowels.
    """
    if arabic:
        return tuple(sorted(_known_in_arabic().get(sound, ())))[:GROUPS]
    return tuple(sorted(_known().get(sound) or _without_ending(sound) or _family(sound)))[:GROUPS]


def _without_ending(sound: str) -> set[int]:
    """Return the numbers of the known names that a word is with an ending that some languages give to men's names."""
    roots = {sound.removesuffix(ending) for ending in _HIS_ENDINGS} - {sound}
    roots |= {f"{root[:-1]}i" for root in roots if root.endswith("j")}
    return {number for root in roots if len(root) >= _LEAST_HIS_ROOT for number in _known().get(root, ())}


def _family(sound: str) -> set[int]:
    """Return the numbers of families named after a known given name."""
    for ending, kind in _FAMILY_OF:
        root = sound.removesuffix(ending)
        if root != sound and len(root) >= _LEAST_ROOT:
            known = _known()
            return {kind * FAMILIES + number for end in _ROOT_ENDS for number in known.get(root + end, ())}
    return set()


def verdict(left: tuple[int, ...], right: tuple[int, ...]) -> bool | None:
    """Return what `groups_of` says of two words: True for one name, False for two that differ, None where it is not known."""
    if not left or not right:
        return None
    return not set(left).isdisjoint(right)
