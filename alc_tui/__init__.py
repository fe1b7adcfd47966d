"""Active label cleaning for imbalanced medical images under heavy label noise.

`alc` on the command line, and the same methods from Python, on your own arrays and tensors (see docs/library.md):

    import alc_tui as alc

    noisy = alc.inject_noise(labels, 0.4)
    result = alc.fit(images, noisy, noise_rate=0.4)
    first = result.rank("entropy", count=100).order

Names are imported when they are first used: `import alc_tui` alone imports neither torch nor pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alc_tui.active.samplers import SAMPLERS as SAMPLERS
    from alc_tui.active.samplers import Pool as Pool
    from alc_tui.active.samplers import Ranking as Ranking
    from alc_tui.errors import AlcError as AlcError
    from alc_tui.errors import SessionUnavailable as SessionUnavailable
    from alc_tui.errors import TrainingFailed as TrainingFailed
    from alc_tui.errors import UsageError as UsageError
    from alc_tui.library.estimate import estimate_noise_rate as estimate_noise_rate
    from alc_tui.library.features import features as features
    from alc_tui.library.fit import fit as fit
    from alc_tui.library.noise import inject_noise as inject_noise
    from alc_tui.library.open_session import open_session as open_session
    from alc_tui.library.problem import Problem as Problem
    from alc_tui.library.problem import prepare as prepare
    from alc_tui.library.ranking import rank as rank
    from alc_tui.library.recipe import METHODS as METHODS
    from alc_tui.library.recipe import Recipe as Recipe
    from alc_tui.library.recipe import recipe as recipe
    from alc_tui.library.result import FitResult as FitResult
    from alc_tui.library.retrain import retrain as retrain
    from alc_tui.library.session import Session as Session
    from alc_tui.lnl.coteaching import CoTeaching as CoTeaching
    from alc_tui.lnl.coteaching import CoTeachingSettings as CoTeachingSettings
    from alc_tui.lnl.dividemix import DivideMix as DivideMix
    from alc_tui.lnl.dividemix import DivideMixSettings as DivideMixSettings
    from alc_tui.lnl.elr import ELR as ELR
    from alc_tui.lnl.elr import ELRSettings as ELRSettings
    from alc_tui.model.fitting import CrossEntropy as CrossEntropy
    from alc_tui.model.learner import EpochReport as EpochReport
    from alc_tui.model.optimization import TrainingPlan as TrainingPlan

__version__ = "0.4.0"

_MODULES = {
    "AlcError": "alc_tui.errors",
    "CoTeaching": "alc_tui.lnl.coteaching",
    "CoTeachingSettings": "alc_tui.lnl.coteaching",
    "CrossEntropy": "alc_tui.model.fitting",
    "DivideMix": "alc_tui.lnl.dividemix",
    "DivideMixSettings": "alc_tui.lnl.dividemix",
    "ELR": "alc_tui.lnl.elr",
    "ELRSettings": "alc_tui.lnl.elr",
    "EpochReport": "alc_tui.model.learner",
    "FitResult": "alc_tui.library.result",
    "METHODS": "alc_tui.library.recipe",
    "Pool": "alc_tui.active.samplers",
    "Problem": "alc_tui.library.problem",
    "Ranking": "alc_tui.active.samplers",
    "Recipe": "alc_tui.library.recipe",
    "SAMPLERS": "alc_tui.active.samplers",
    "Session": "alc_tui.library.session",
    "SessionUnavailable": "alc_tui.errors",
    "TrainingFailed": "alc_tui.errors",
    "TrainingPlan": "alc_tui.model.optimization",
    "UsageError": "alc_tui.errors",
    "estimate_noise_rate": "alc_tui.library.estimate",
    "features": "alc_tui.library.features",
    "fit": "alc_tui.library.fit",
    "inject_noise": "alc_tui.library.noise",
    "open_session": "alc_tui.library.open_session",
    "prepare": "alc_tui.library.problem",
    "rank": "alc_tui.library.ranking",
    "recipe": "alc_tui.library.recipe",
    "retrain": "alc_tui.library.retrain",
}
"""Public names and the modules that define them."""

__all__ = [
    "ELR",
    "METHODS",
    "SAMPLERS",
    "AlcError",
    "CoTeaching",
    "CoTeachingSettings",
    "CrossEntropy",
    "DivideMix",
    "DivideMixSettings",
    "ELRSettings",
    "EpochReport",
    "FitResult",
    "Pool",
    "Problem",
    "Ranking",
    "Recipe",
    "Session",
    "SessionUnavailable",
    "TrainingFailed",
    "TrainingPlan",
    "UsageError",
    "__version__",
    "estimate_noise_rate",
    "features",
    "fit",
    "inject_noise",
    "open_session",
    "prepare",
    "rank",
    "recipe",
    "retrain",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return sorted(__all__)
