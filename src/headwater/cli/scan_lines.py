"""The lines in which `headwater scan` tells a person what was found; reasons are the engine's own words."""

from typing import TYPE_CHECKING, Any

from headwater.cli.words import later, sentence, shown

if TYPE_CHECKING:
    from headwater.node.scan import Watching

_EVALUATED = {
    True: later("evaluated at this site"),
    False: later("not evaluated at this site"),
}
_QUEUES = {"rescue": later("RESCUE"), "search": later("SEARCH")}
_CLASSES = {"person": later("person"), "drugs": later("drugs"), "weapon": later("weapon")}


def detected(document: dict[str, Any], using: "Watching") -> list[str]:
    """Return the lines that tell what `detect` found, rescue first."""
    from headwater.node.scan import outlook

    scans = sorted(document["scans"], key=lambda one: not any(alarm["queue"] == "rescue" for alarm in one["alarms"]))
    lines = [line for scan in scans for line in _scan(scan)]
    state = shown(_EVALUATED[using.point.evaluated])
    return [*lines, f"{state}: {outlook(using)}"]


def compared(document: dict[str, Any]) -> list[str]:
    """Return the lines that tell what a comparison found."""
    registration = document["registration"]
    if not document["registered"]:
        return [shown("not registered, nothing is said: {why}", why=registration["why"])]
    lines = [
        shown(
            "registered, residual {residual} px; score {score}, threshold {threshold}",
            residual=registration["residual_px"],
            score=document["score"],
            threshold=document["threshold"],
        )
    ]
    for one in document["alarms"]:
        lines.append(f"    {one['kind']}: " + "; ".join(map(sentence, one["reasons"])))
        lines += [f"        {shown('but: {reason}', reason=sentence(reason))}" for reason in one["counter"]]
    return [*lines, shown(_EVALUATED[document["evaluated"]])]


def _scan(scan: dict[str, Any]) -> list[str]:
    looked = scan["assessed"]["detect"]
    verdict = shown("{count} alarm(s)", count=len(scan["alarms"])) if looked else shown("not looked at")
    lines = [f"{scan['file']}: {verdict}"]
    if not scan["evidence"]:
        lines.append(f"    {shown('{kind} image: never evidence', kind=scan['image_kind'])}")
    lines += [f"    {sentence(reason)}" for reason in scan["assessed"]["reasons"]]
    lines += [line for alarm in scan["alarms"] for line in _alarm(alarm)]
    blocked = [one["share"] for one in scan["not_assessed"] if one["reason"] != "starved"]
    if blocked:
        text = later("not assessed: {count} region(s), {share:.1%} of the image; search them by other means")
        lines.append(f"    {shown(text, count=len(blocked), share=sum(blocked))}")
    if scan["drift"]["alarm"]:
        text = later("DRIFT: the machine is not as it was when the site's thresholds were set; set them anew")
        lines.append(f"    {shown(text)}")
    return lines


def _alarm(alarm: dict[str, Any]) -> list[str]:
    threshold = shown("threshold {threshold:.4f}", threshold=alarm["threshold"])
    return [
        f"    {shown(_QUEUES[alarm['queue']])}  {shown(_CLASSES.get(alarm['class'], alarm['class']))}  {alarm['score']:.4f} ({threshold})",
        *(f"        {sentence(reason)}" for reason in alarm["reasons"]),
        *(f"        {shown('but: {reason}', reason=sentence(reason))}" for reason in alarm["counter"]),
    ]
