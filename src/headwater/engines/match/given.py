"""Given names that are known to be different, or to be one name in several spellings.

Two different known names are not a slip of the pen: Marko is not Mirko, Arben is not Arbër. One line a name, with its
spellings. General knowledge of the languages that headwater's partners speak; no list of persons was used.
"""

from functools import cache
from typing import Final

from headwater.engines.match.script import stripped
from headwater.engines.match.sound import fold

_NAMES: Final = """
aleksandar aleksander alexander alexandre aleksandr iskander oleksandr|aleksandra alexandra|aleksa alexa|aleksej alexei \
alexey aleksei aleksey oleksii|ana anna|andrej andrei andrey andriy andrii|andrija|andrea|andreas|andro|anđela angela|anđelka|angelo|\
anja|anica|ante|anton|antun|antonio anthony antony|bajram bayram|bogdan|bogoljub|bojan|bojana|boris|borislav|boro|bora|borivoje|\
božidar|božo|branislav|branimir|branko|branka|bratislav|budimir|cvetan|cvetko|čedomir|damir|damjan|dana|danica|danijel daniel danil|\
danijela daniela|danilo|darko|darija daria darya|davor|dejan|dejana|denis dennis|desanka|dimitrije|dimitar|dmitri dmitry dmitrij \
dmytro dmitrii|dobrivoje|dragan|dragana|dragica|drago|dragoljub|dragomir|dragoslav|dragutin|draško|dražen|duško|dušan|dušanka|đorđe \
georgije|gjorgji|đorđi|georgi georgy georgii heorhii|george|đurađ|đuro|đura|elena olena|jelena|emil|emilija emilia|filip philip|goce|\
goran|gorana|gordana|gordan|grigori grigory hryhorii|igor ihor|ilija iliya ilya illia|ilijana iliana|ivan|ivana|ivica|ivo|iva|ivanka|\
jakov yakov|jana|janko|jasna|jasmina|jasmin|jefim|josip|jovan|jovana|jovica|jovanka|jovo|julija julia yulia yuliya|jurij yuri yury \
yuriy yurii|jure|kira|kiril kirill kyrylo|kiro|kosta|konstantin kostiantyn|kristijan christian|kristina christina|krsto|krste|krum|\
ksenija ksenia|lazar|lazo|lena|leon|leonid|lidija lidia|ljiljana|ljubica|ljubomir|ljubiša|ljupčo|ljupka|luka|lukas lucas|ljudmila \
ludmila lyudmila|maja maya|maksim maxim maksym|marija maria mariya|marijana|marina|marko|mark|markus marcus|marta martha|martin|\
martina|mate|matej matei matvei|mateja|matija|mihail mikhail mykhailo mihajlo|mihaela michaela|mila|milan|milana|milena|mile|milenko|\
milica|milija|milivoje|miljan|milka|milo|milomir|milorad|miloš|milovan|milutin|mira|miralem|mirjana|mirko|mirka|miro|miroljub|miroslav|\
miroslava|mitko|mitar|mladen|momčilo|nada|nadežda nadezhda|nadica|natalija natalia nataliya natalya|nataša|nebojša|nedeljko|nemanja|\
nenad|nevena|nikola nicola mykola|nikolaj nikolai nikolay nicolai|nikolas nicholas nicolas|nikolina|nina|novak|novica|obrad|ognjen|\
oleg oleh|oleksij|olga olha|oliver|olivera|ostoja|pavle|pavel pavlo|pavao|paul|petar petr petro|peter|pero|petra|predrag|radan|rade|\
radenko|radislav|radivoje|radmila|rado|radojica|radoje|radojka|radomir|radoslav|radovan|rajko|ranko|ranka|rastko|ratko|renata|\
risto|robert|roman|romana|ružica|sanja|saša sasha|sava|savo|sergej sergei sergey serhii|simeon|simo|simona|slađana|slađan|slaven|\
slavica|slavko|slavoljub|slobodan|slobodanka|snežana|sofija sofia|sonja sonia sonya|spiro|srećko|srđan|sreten|stana|stanimir|stanko|\
stanislav|stefan stepan|stevan|stevo|stojan|stojanka|stojko|suzana|svetislav|svetlana svitlana|svetozar|tamara|tanja tania tanya|\
tatjana tatiana tatyana|teodor theodor|teodora|tihomir|timur|toma|tomislav|tome|tomas thomas|toni tony|trajko|trajan|uroš|valentin|\
valentina|valeri valery valerii|vasa|vasil vasyl|vasilij vasily vasilii|vasilije|velimir|velja|veljko|vera|verica|vesna|veselin|vida|\
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
hamit|hasan hassan|hashim|haxhi|hysen hussein husein husayn hussain|ibrahim|idriz idris|ilir|ilirjana|ilira|illyrian|imer|isa|ismail \
ismajl|ismet|isuf|jakup|jashar|jeton|jeta|jusuf yusuf youssef yousef|kadri|kastriot|korab|kreshnik|kujtim|kushtrim|labinot|latif|\
lavdim|lavdrim|leart|lendita|leonora|liridon|lirim|liridona|luan|luljeta|lulzim|mehdi|mehmet|memli|mensur|mentor|mërgim|mejdi|metë|\
mehdi mahdi|mimoza|mirash|mirjeta|muharrem|muhamet|muhamed mohammed muhammad mohamed mohammad muhammed mohamad mehmed|mujë|musa moussa mousa|\
mustafa mustapha|naim|naser nasser nasir|nazim|nazmi|nderim|ndue|neki|nexhat|nexhip|nexhmedin|nexhmije|nimon|nol|nora|njazi|orhan|osman \
othman uthman|pal|pashk|pjetër|petrit|prek|prend|qamil|qazim|qemal|qendrim|qerim|kerim karim|rafet|ragip|rahim|rahman|ramadan|ramiz|\
ramush|rasim|redon|refik|rexhep|rexhë|rinor|rifat|riza|rrahim|rrahman|rron|rrustem|rrezarta|sabit|sabri|sadik|sadri|salih saleh|sali|\
sami|samir|sanije|sead|sejdi|selim salim saleem|selman|senad|sevdije|shaban|shaip|shaqir|shefqet|shemsi|shkelzen|shkumbin|shpend|\
shpëtim|shpresa|shpat|shyqri|sinan|skender|sokol|sulejman suleiman sulaiman soleiman|sylejman|syri|tahir|teuta|tefik|trim|tringa|\
ukë|uran|ukshin|valdet|valmir|valon|valbona|vedat|veton|vetëvendosje|visar|vjollca|xhafer jafar|xhavit|xheladin|xhelal jalal|xhemal \
jamal gamal|xhemail|xhemajl|xhevahire|xhevat|xhevdet|ylber|yll|ymer|zef|zekë|zenel|zeqir|zymer
abbas|abdallah abdullah abdulla|adel adil|ahmad ahmed|aisha ayesha|akbar|akram|ali aly|alia|amin ameen|amina|amjad|ammar|anas|anwar|\
asad|asif|ashraf|ayman aiman|aziz|bakr|bashar|bashir|basim|bilal|burhan|daud dawood daoud davud|ehsan ihsan|fahd fahad|faisal faysal|\
farah|farid|faruk farooq farouk|fatima fatema fatemeh|fawzi|fuad fouad|ghassan|ghulam|habiba|hakim|hamad|hamid hameed|hani|harun haroon|\
hashem|hatem|hisham|huda|husam|imad|imran|iqbal|issam|jaber jabir|jamil|jawad javad|kamal|kamil|karima|kazem|laila leila layla|mahmud \
mahmoud mehmud|majid majed|malik|mansur mansour|marwan|maryam mariam|masud massoud masood|maysa|mazen|mir|muhsin mohsen|mujahid|munir|\
murad|nabil|nadia|nadir nader|nasrin|naji|najib|najim|nawaz|nizar|noor nur nour|numan|omar umar omer|qais|qasim kassem qassem kasim|\
rashid rasheed|raed|rafiq|raja|ramzi|rana|rania|rauf|riad riyad|reza rida|rustam|saad|sabir|saddam|saeed said sayeed|safa|sahar|salah|\
salam|salma|salman|samira|sara sarah|shakir|sharif|suhail|taha|tahira|talal|tareq tariq tarek|usama osama|wael|walid waleed|wasim|yahya|\
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


@cache
def _known() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(_NAMES.replace("\n", "|").split("|")):
        for spelling in group.split():
            bare = stripped(spelling)
            for written in {spelling, bare, stripped(spelling.replace("đ", "d"))}:
                found.setdefault(fold(written), set()).add(number)
    return {sound: frozenset(numbers) for sound, numbers in found.items()}


def is_given(sound: str) -> bool:
    """Return whether a word, as it sounds, is a known given name."""
    return sound in _known()


def groups_of(sound: str) -> list[int]:
    """Return the numbers of the known given names that a word can be, as it sounds."""
    return sorted(_known().get(sound, ()))


def verdict(left: str, right: str) -> bool | None:
    """Return True for one name in two spellings, False for two known names that differ, None where that is not known."""
    known = _known()
    one, other = known.get(left), known.get(right)
    if one is None or other is None:
        return None
    return bool(one & other)
