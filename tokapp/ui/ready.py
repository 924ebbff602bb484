"""What every page imports before anything else of tokapp: packages whole, by one thread, while the others wait.

The first requests of a fresh server may arrive at once, each in a thread of its own. A thread that begins with a part
of a package holds that part and waits for the package; another, which imports the package, holds it and waits for the
part. Python ends such a deadlock with an error, and a person reads that the page failed.
"""

import tokapp.evaluation.agreement
import tokapp.explanations
import tokapp.formats
import tokapp.ranking
import tokapp.store
import tokapp.tasks
import tokapp.ui.attribution_view
import tokapp.ui.explain
import tokapp.ui.span_editor  # noqa: F401
