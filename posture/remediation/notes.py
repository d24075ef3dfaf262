"""What is said beside a step, by language: how to use its text."""

from collections.abc import Mapping

from posture.evaluation.rule import Via

Words = Mapping[str, str]

NOTHING: Words = {}

RECREATED: Words = {
    "en": (
        "The new container takes over its environment, labels, health test and command line from the old one on the "
        "host itself: these values never reach Posture. Only what was written outside its volumes is left behind. "
        "The old container stays, stopped, with “-before” at the end of its name; remove it once the new one has "
        "proved itself. Rarer options (DNS servers, sysctls, network aliases) are not carried over: compare both "
        "with docker inspect."
    ),
    "fr": (
        "Le nouveau conteneur reprend de l’ancien, sur l’hôte même, l’environnement, les labels, le test de santé et "
        "la ligne de commande : ces valeurs n’arrivent jamais dans Posture. Seul ce qui a été écrit hors de ses "
        "volumes reste en arrière. L’ancien conteneur demeure, arrêté, avec « -before » à la fin de son nom ; "
        "supprimez-le quand le nouveau a fait ses preuves. Les options plus rares (serveurs DNS, sysctls, alias "
        "réseau) ne sont pas reprises : comparez les deux avec docker inspect."
    ),
}

LIVE_UNTIL_RECREATED: Words = {
    "en": "It holds at once, until the container is created anew: write it into the compose file as well.",
    "fr": (
        "L’effet est immédiat et dure jusqu’à la recréation du conteneur : inscrivez-le aussi dans le fichier compose."
    ),
}

MERGED: Mapping[Via, Words] = {
    Via.COMPOSE: {
        "en": (
            "Merge this into the service in the compose file, then apply it with the command below. A line after # "
            "is one to take out of the file. Older installations have docker-compose instead of docker compose."
        ),
        "fr": (
            "Fusionnez ceci avec le service dans le fichier compose, puis appliquez-le avec la commande ci-dessous. "
            "Une ligne précédée de # est à retirer du fichier. Les installations anciennes ont docker-compose au lieu "
            "de docker compose."
        ),
    },
    Via.DAEMON_JSON: {
        "en": (
            "Merge this into the configuration file of the daemon, then apply it with the command below. An option "
            "that is also given on its command line must go from there: the daemon does not start with both."
        ),
        "fr": (
            "Fusionnez ceci avec le fichier de configuration du démon, puis appliquez-le avec la commande "
            "ci-dessous. Une option donnée aussi sur sa ligne de commande doit en être retirée : le démon ne démarre "
            "pas avec les deux."
        ),
    },
    Via.DOCKERFILE: {
        "en": "Put this into the Dockerfile, build and push the image, then create the container anew.",
        "fr": "Ajoutez ceci au Dockerfile, construisez et publiez l’image, puis recréez le conteneur.",
    },
}
