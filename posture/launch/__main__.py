"""`python -m posture.launch`: what `bin/up` becomes once the libraries are there."""

import sys

from posture.launch import lock
from posture.launch.console import Console
from posture.launch.disk import require_room
from posture.launch.guardian import guard
from posture.launch.management import become
from posture.launch.options import Options, read_options
from posture.launch.places import Places, make_directory, require_own
from posture.launch.product import Product
from posture.launch.supervisor import Supervisor
from posture.launch.trouble import Stopped, Trouble, in_words

FAILED = 1


def main(words: list[str]) -> int:
    """Exit status 0 after an orderly end, 1 after a trouble that was said in a sentence."""
    console = Console()
    try:
        options = read_options(words)
        if options.remove_demo and lock.is_held(Places(options.var).lock):
            return become(Places(options.var), ["demo", "--remove"])
        require_room(options.var)
        require_own(options.var)
        make_directory(options.var, mode=0o711)
        held = lock.take(Places(options.var).lock)
    except Trouble as trouble:
        console.trouble(str(trouble), trouble.details)
        return FAILED
    except OSError as error:
        console.trouble(in_words(error), [])
        return FAILED
    return guard(lambda: supervise(options, console, held))


def supervise(options: Options, console: Console, held: int) -> int:
    """Run the product; however it ends, its processes have ended before we return."""
    try:
        with Supervisor(console) as supervisor:
            Product(options, console, supervisor, held).run()
            console.line("Ending …")
        console.line("Ended; everything is stopped and the data is kept.")
    except Stopped:
        console.line("Ended before it was up.")
    except Trouble as trouble:
        console.trouble(str(trouble), trouble.details)
        return FAILED
    except OSError as error:
        console.trouble(in_words(error), [])
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
