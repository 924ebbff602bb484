"""ssToken: later fine-tuning learns from the words whose loss fell most, and says which labels it never learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class WeighTokens(Settings):
    """Settings of the choice of words; `ratio` 1 is neutral: training is then the plain one, bit for bit.

    Of every row, the fine-tuning after this step learns from the share `ratio` of words with the highest scores: how
    far a word's loss has fallen since an earlier model, from 0 to 1 within the row, `gamma` times, and 1 - `gamma`
    times the share of its attention in the last layer that is on question and passages. ssToken: Self-modulated and
    Semantic-aware Token Selection for LLM Fine-tuning, there for the tokens of a language model's answers. For word
    classes it is ours, and so are three things. `gamma` None is 0.5 where an answer is judged beside passages, and 1
    for single texts, which have no prompt to look at. `guard` chooses among words inside of spans and words outside of
    them separately, since nearly all words are outside (False: theirs, all words together). The earlier model is the
    one before this fine-tuning, or after its first epoch where the heads are new, which learns from every word
    (`history` "start"); or the model at the end of the epoch before ("epoch").

    `recheck` is how many labels to list that the fine-tuning did not learn: words whose label the trained model takes
    for less likely than not, the least likely first, with by how much their loss fell (0: none).
    """

    step: Literal["weigh_tokens"] = "weigh_tokens"
    ratio: float = Field(default=1.0, gt=0, le=1)
    gamma: float | None = Field(default=None, ge=0, le=1)
    guard: bool = True
    history: Literal["start", "epoch"] = "start"
    recheck: int = Field(default=0, ge=0, le=10_000)


NEUTRAL = WeighTokens()


def run(settings: WeighTokens, state: TrainingState) -> None:
    """Let the fine-tuning that comes next choose words and list labels, or learn from all and list none."""
    state.weighing = settings if settings.ratio < 1 or settings.recheck else None
