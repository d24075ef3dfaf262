"""The words of a report in English and French. Rules and editions bring their own."""

from collections.abc import Mapping

PHRASES: Mapping[str, tuple[str, str]] = {
    "title": ("Container security compliance report", "Rapport de conformité de la sécurité des conteneurs"),
    "demo": (
        "Demonstration: this fleet is imaginary. Nothing in this document describes a real machine.",
        "Démonstration : ce parc est imaginaire. Rien dans ce document ne décrit une machine réelle.",
    ),
    "scope": ("Scope", "Périmètre"),
    "host": ("Host", "Hôte"),
    "group": ("Group", "Groupe"),
    "benchmark": ("Benchmark", "Référentiel"),
    "edition": ("Edition", "Édition"),
    "as_of": ("As of", "État au"),
    "zone": ("Time zone", "Fuseau horaire"),
    "made_at": ("Made on", "Établi le"),
    "made_by": ("Made by", "Établi par"),
    "ruleset": ("Ruleset", "Jeu de règles"),
    "rulesets": ("Rulesets", "Jeux de règles"),
    "product": ("Product", "Produit"),
    "board": ("Machine", "Machine"),
    "architecture": ("Architecture", "Architecture"),
    "kernel": ("Kernel", "Noyau"),
    "operating_system": ("Operating system", "Système"),
    "engine": ("Engine", "Moteur"),
    "agent": ("Agent", "Agent"),
    "observed": ("Observed", "Constaté le"),
    "confirmed": ("Confirmed until", "Confirmé jusqu’au"),
    "digest": ("Facts digest", "Empreinte des faits"),
    "score": ("Posture score", "Score de posture"),
    "coverage": ("Coverage", "Couverture"),
    "open_criticals": ("Open criticals", "Critiques ouverts"),
    "score_short": ("Score", "Score"),
    "coverage_short": ("Cov.", "Couv."),
    "criticals_short": ("Crit.", "Crit."),
    "of_100": ("of 100", "sur 100"),
    "hosts_judged": ("Hosts judged", "Hôtes évalués"),
    "contents": ("Contents", "Sommaire"),
    "summary": ("Summary", "Synthèse"),
    "trend": ("Score over time", "Évolution du score"),
    "trend_alt": (
        "Score of {name} from {first} to {last}: from {start} to {end}, coverage {coverage}.",
        "Score de {name} du {first} au {last} : de {start} à {end}, couverture {coverage}.",
    ),
    "summary_host": (
        "On {as_of}, {name} had a posture score of {score} of 100 against {edition}: {word}. {coverage} of the "
        "applicable weight "
        "could be judged; open criticals: {criticals}.",
        "Au {as_of}, {name} avait un score de posture de {score} sur 100 selon {edition} : {word}. {coverage} "
        "du poids applicable "
        "ont pu être évalués ; critiques ouverts : {criticals}.",
    ),
    "summary_group": (
        "Hosts in the group: {hosts}, of which judged: {judged}.",
        "Hôtes du groupe : {hosts}, dont évalués : {judged}.",
    ),
    "summary_controls": (
        "Of {total} controls: fail {fail}, unknown {unknown}, manual review {manual}, pass {passed}, not "
        "applicable {not_applicable}.",
        "Sur {total} points de contrôle : non conformes {fail}, indéterminés {unknown}, à vérifier {manual}, "
        "conformes {passed}, "
        "sans objet {not_applicable}.",
    ),
    "by_section": ("Summary by section", "Synthèse par section"),
    "section": ("Section", "Section"),
    "sections_alt": (
        "Controls by status, one bar a section; the table below has the same numbers.",
        "Points de contrôle par statut, une barre par section ; le tableau ci-dessous donne les mêmes nombres.",
    ),
    "hosts": ("Hosts", "Hôtes"),
    "hosts_alt": (
        "Number of hosts by score; the table below lists every host.",
        "Nombre d’hôtes par score ; le tableau ci-dessous énumère chaque hôte.",
    ),
    "uncovered": ("Not covered", "Hors couverture"),
    "uncovered_lead": (
        "These hosts, or parts of them, could not be fully judged at the moment of this report.",
        "Ces hôtes, ou des parties d’entre eux, n’ont pas pu être entièrement évalués au moment de ce rapport.",
    ),
    "all_covered": (
        "Every host of the scope was heard and could be read.",
        "Chaque hôte du périmètre a été entendu et a pu être lu.",
    ),
    "terms": ("Choices and values in force", "Choix et valeurs en vigueur"),
    "terms_lead": (
        "Besides the facts, these decided. Whoever repeats the assessment needs the same ones.",
        "Outre les faits, voici ce qui a décidé. Qui refait l’évaluation a besoin des mêmes.",
    ),
    "no_terms": (
        "No host of the scope was judged: no choice and no value took effect.",
        "Aucun hôte du périmètre n’a été évalué : aucun choix ni valeur n’a pris effet.",
    ),
    "term": ("Policy or parameter", "Politique ou paramètre"),
    "value": ("In force", "En vigueur"),
    "origin": ("Origin", "Origine"),
    "origin.default": ("default", "par défaut"),
    "origin.set": ("the operator", "l’exploitant"),
    "origin.edition": ("the edition itself", "l’édition elle-même"),
    "origin.choice": ("the policy’s choice", "le choix de la politique"),
    "not_given": ("not given", "non renseigné"),
    "nothing_allowed": ("empty list", "liste vide"),
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "why": ("Why", "Motif"),
    "since": ("Since", "Depuis"),
    "failing_since": ("Failing since", "Non conforme depuis"),
    "controls": ("Controls at a glance", "Vue d’ensemble des points de contrôle"),
    "details": ("Controls in detail", "Points de contrôle en détail"),
    "control": ("Control", "Point de contrôle"),
    "subject": ("Subject", "Objet"),
    "severity": ("Severity", "Gravité"),
    "status": ("Status", "Statut"),
    "result": ("Result", "Résultat"),
    "evidence": ("Evidence", "Éléments constatés"),
    "remediation": ("Remediation", "Correction"),
    "resource": ("Resource", "Ressource"),
    "places": ("Hosts and resources", "Hôtes et ressources"),
    "fact": ("Fact", "Fait"),
    "seen": ("Seen", "Constaté"),
    "wanted": ("Wanted", "Attendu"),
    "effect": ("Effect", "Effet"),
    "may_break": ("May break", "Peut gêner"),
    "example_for": ("Written for", "Écrit pour"),
    "more_names": ("and {count} more", "et {count} de plus"),
    "more_hosts": ("and on {count} more hosts", "et sur {count} autres hôtes"),
    "more_hosts_one": ("and on 1 more host", "et sur 1 autre hôte"),
    "more_unlisted": (
        "Resources with other values that pass or are not concerned, not listed: {count}.",
        "Ressources avec d’autres valeurs, conformes ou non concernées, non énumérées : {count}.",
    ),
    "asks_access": (
        "Let the agent read what it could not; “Not covered” names it.",
        "Donner à l’agent l’accès à ce qu’il n’a pas pu lire ; voir « Hors couverture ».",
    ),
    "asks_value": ("Waits for a value (Settings, Benchmarks)", "Attend une valeur (Réglages, Référentiels)"),
    "asks_person": ("For a person to check", "À vérifier par une personne"),
    "list.host": ("the host", "l’hôte"),
    "list.daemon": ("the engine", "le moteur"),
    "list.file": ("the list of files", "la liste des fichiers"),
    "list.image": ("the list of images", "la liste des images"),
    "list.container": ("the list of containers", "la liste des conteneurs"),
    "list.network": ("the list of networks", "la liste des réseaux"),
    "list.swarm": ("the swarm", "l’essaim"),
    "lines_as_under": ("    […] {count} lines as under {number} […]", "    […] {count} lignes comme en {number} […]"),
    "note_as_under": ("See the note under {number}.", "Voir la remarque en {number}."),
    "seen_wanted": ("wanted", "attendu"),
    "more_rows": ("Rows that follow in the appendix: {count}.", "Lignes qui suivent en annexe : {count}."),
    "colon": (": ", "\u00a0: "),
    "appendix": ("Appendix: further evidence", "Annexe : suite des éléments constatés"),
    "appendix_lead": (
        "The evidence of controls whose table in the main part was cut short.",
        "Les éléments des points de contrôle dont le tableau a été abrégé dans le corps du rapport.",
    ),
    "method": ("How to read this report", "Comment lire ce rapport"),
    "method_score": (
        "Each control earns its weight times the share of resources that provably pass. Critical weighs 10, "
        "high 5, medium 2, low 1. "
        "A critical control earns nothing unless every resource passes. The score is what was earned of what "
        "was applicable. What "
        "could not be observed earns nothing.",
        "Chaque point de contrôle rapporte son poids multiplié par la part des ressources dont la conformité "
        "est prouvée. Critique "
        "pèse 10, élevée 5, moyenne 2, faible 1. Un point critique ne rapporte rien tant que toutes les "
        "ressources ne sont pas "
        "conformes. Le score est la part acquise de ce qui s’applique. Ce qui n’a pas pu être observé ne "
        "rapporte rien.",
    ),
    "method_coverage": (
        "Coverage is the share of the weight that could be judged. A group’s score is the mean of its hosts: a "
        "silent host keeps its "
        "last score, a host that was never judged counts zero.",
        "La couverture est la part du poids qui a pu être évaluée. Le score d’un groupe est la moyenne de ses "
        "hôtes : un hôte muet "
        "garde son dernier score, un hôte jamais évalué compte zéro.",
    ),
    "method_edition": (
        "The numbers are those of the edition named on the cover; the words are Posture’s own. This document is "
        "not issued or endorsed "
        "by the publisher of the benchmark.",
        "Les numéros sont ceux de l’édition nommée en couverture ; les mots sont ceux de Posture. Ce document "
        "n’est ni émis ni approuvé "
        "par l’éditeur du référentiel.",
    ),
    "method_unsupported": (
        "Characters that the font of this document does not hold are printed as their code, for instance [U+4E2D].",
        "Les caractères absents de la police de ce document sont imprimés par leur code, par exemple [U+4E2D].",
    ),
    "legend.pass": ("every resource provably meets the rule", "chaque ressource respecte la règle, preuve à l’appui"),
    "legend.fail": ("at least one resource does not meet it", "au moins une ressource ne la respecte pas"),
    "legend.unknown": (
        "something that decides could not be observed; it never counts as a pass",
        "un fait décisif n’a pas pu être observé ; il ne compte jamais comme conforme",
    ),
    "legend.manual": ("a person has to decide", "une personne doit en décider"),
    "legend.not_applicable": ("there is nothing here that the rule speaks of", "rien ici que la règle concerne"),
    "never": ("never", "jamais"),
    "none": ("none", "aucun"),
    "passed_of": ("{passed} of {total} resources pass", "{passed} ressources conformes sur {total}"),
    # French counts 0 and 1 in the singular.
    "passed_of_none_or_one": ("{passed} of {total} resources pass", "{passed} ressource conforme sur {total}"),
    "passed_of_one": ("{passed} of 1 resource passes", "{passed} ressource conforme sur 1"),
    "hosts_status": ("{count} hosts", "{count} hôtes"),
    "hosts_status_one": ("1 host", "1 hôte"),
    "no_resource": ("Nothing of this kind was found.", "Rien de cette sorte n’a été trouvé."),
    "nothing_judged": ("nothing judged", "rien d’évalué"),
    "status.pass": ("Pass", "Conforme"),
    "status.fail": ("Fail", "Non conforme"),
    "status.manual": ("Manual review", "À vérifier"),
    "status.unknown": ("Unknown", "Indéterminé"),
    "status.not_applicable": ("Not applicable", "Sans objet"),
    "severity.critical": ("Critical", "Critique"),
    "severity.high": ("High", "Élevée"),
    "severity.medium": ("Medium", "Moyenne"),
    "severity.low": ("Low", "Faible"),
    "word.good": ("Good", "Bon"),
    "word.fair": ("Fair", "Correct"),
    "word.weak": ("Weak", "Fragile"),
    "word.exposed": ("Exposed", "Exposé"),
    "word.none": ("Not judged", "Non évalué"),
    "state.reporting": ("Reporting", "À jour"),
    "state.late": ("Late", "En retard"),
    "state.silent": ("Silent", "Muet"),
    "state.offline": ("Offline as planned", "Hors ligne prévu"),
    "state.never_seen": ("Never seen", "Jamais vu"),
    "state.retired": ("Retired", "Retiré"),
    "uncovered.silent": ("Silent: its last score is kept", "Muet : son dernier score est gardé"),
    "uncovered.never_seen": ("Never seen: it counts zero", "Jamais vu : il compte zéro"),
    "uncovered.never_judged": ("Not judged yet: it counts zero", "Pas encore évalué : il compte zéro"),
    "uncovered.other_edition": (
        "Not judged by this edition: the score leaves it out",
        "N’est pas évalué selon cette édition : le score l’ignore",
    ),
    "uncovered.offline": (
        "Offline as planned: its last score is kept",
        "Hors ligne prévu : son dernier score est gardé",
    ),
    "uncovered.late": ("Late: it missed at least two reports", "En retard : au moins deux relevés manquent"),
    "uncovered.unread": ("Could not be read", "N’a pas pu être lu"),
    "uncovered.other_runtime": (
        "Found, not judged (Posture reads Docker and Podman only)",
        "Trouvé, non jugé (Posture ne lit que Docker et Podman)",
    ),
    "uncovered.low_coverage": ("Less than half could be judged", "Moins de la moitié a pu être évaluée"),
    "effect.live": ("Takes effect on the running container", "Prend effet sur le conteneur en marche"),
    "effect.restart": ("Needs a restart of the engine", "Demande un redémarrage du moteur"),
    "effect.recreate": ("The container has to be re-created", "Le conteneur doit être recréé"),
    "effect.rebuild": ("The image has to be rebuilt", "L’image doit être reconstruite"),
    "effect.host": ("A change on the host", "Un changement sur l’hôte"),
    "effect.none": ("A decision, not a command", "Une décision, pas une commande"),
    "step.start": ("Starting", "Démarrage"),
    "step.scores": ("Reading scores", "Lecture des scores"),
    "step.facts": ("Reading facts", "Lecture des faits"),
    "step.evidence": ("Reading what passes", "Lecture de ce qui est conforme"),
    "step.findings": ("Reading findings", "Lecture des constats"),
    "step.trend": ("Reading the trend", "Lecture de l’évolution"),
    "step.layout": ("Laying out pages", "Mise en page"),
    "step.pages": ("Numbering pages", "Numérotation des pages"),
    "step.binding": ("Binding", "Reliure"),
    "reason.not_permitted": ("the agent may not read it", "l’agent n’a pas le droit de le lire"),
    "reason.source_failed": ("the source answered with an error", "la source a répondu par une erreur"),
    "reason.not_collected": ("not collected", "non collecté"),
    "reason.timed_out": ("the source did not answer in time", "la source n’a pas répondu à temps"),
    "reason.too_large": ("too large to read", "trop grand pour être lu"),
    "reason.absent": ("absent", "absent"),
    "reason.unsupported_by_kernel": ("unsupported by the kernel", "non pris en charge par le noyau"),
    "reason.needs_person": ("a person has to look", "une personne doit vérifier"),
    "reason.needs_parameter": ("waits for a value from the operator", "attend une valeur de l’exploitant"),
    "reason.not_applicable": ("its condition is not met", "sa condition n’est pas remplie"),
    "reason.not_chosen": ("the chosen policy asks for nothing here", "la politique choisie ne demande rien ici"),
    "reason.no_resource": ("nothing of this kind", "rien de cette sorte"),
}


def phrases_in(language: str) -> dict[str, str]:
    """Every phrase in one language; any other than French reads English."""
    place = 1 if language == "fr" else 0
    return {key: words[place] for key, words in PHRASES.items()}
