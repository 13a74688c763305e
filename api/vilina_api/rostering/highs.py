"""HiGHS, as rosters need it: a linear program whose costs change, and programs with whole numbers."""

from dataclasses import dataclass
from typing import Final

import highspy
import numpy as np
import numpy.typing as npt
from highspy._core import _Highs  # highspy.Highs prints its name on stdout as soon as there is one
from scipy.sparse import csc_array

from vilina_api.rostering.model import Model
from vilina_api.rostering.shifts import Floats

GAP: Final = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Values of the columns, and the bound: no better value can be reached."""

    x: Floats
    bound: float


class Relaxation:
    """The linear program of a model; solved again when its costs have changed."""

    def __init__(self, model: Model) -> None:
        self._highs = _quiet()
        # Interior point takes half the time of the simplex method here.
        self._highs.setOptionValue("solver", "ipm")
        self._highs.passModel(
            _program(
                model.cost, np.zeros(len(model.cost)), model.upper, model.matrix,
                (model.row_lower, model.row_upper),
            )
        )  # fmt: skip
        self._first = True

    def set_costs(self, cost: Floats) -> None:
        self._highs.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def solve(self) -> Solved | None:
        """None where it cannot be satisfied."""
        self._highs.run()
        if self._first:
            # From a corner it is the simplex method that goes on.
            self._highs.setOptionValue("solver", "simplex")
            self._highs.setOptionValue("presolve", "off")
            self._first = False
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return Solved(np.array(self._highs.getSolution().col_value), self._highs.getObjectiveValue())


def solve_whole(
    cost: Floats, upper: Floats, matrix: csc_array, rows: tuple[Floats, Floats], whole: npt.NDArray[np.bool_],
    *, seconds: float, start: Floats | None = None, good: float = 0.0,
) -> Solved | None:  # fmt: skip
    """The best found in that time, or one whose cost is `good` above the least at most; None where there is none.

    Numbers are whole where they must be; looking begins from `start`.
    """
    highs = _quiet()
    highs.setOptionValue("time_limit", seconds)
    highs.setOptionValue("mip_abs_gap", good)
    highs.setOptionValue("mip_rel_gap", GAP)
    highs.passModel(_program(cost, np.zeros(len(cost)), upper, matrix, rows, whole))
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = list(start)
        highs.setSolution(known)
    highs.run()
    if highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    value = np.array(highs.getSolution().col_value)
    value[whole] = np.round(value[whole])
    info = highs.getInfo()
    return Solved(value, info.mip_dual_bound if whole.any() else info.objective_function_value)


def _quiet() -> _Highs:
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    return highs


def _program(
    cost: Floats, low: Floats, high: Floats, matrix: csc_array, rows: tuple[Floats, Floats],
    whole: npt.NDArray[np.bool_] | None = None,
) -> highspy.HighsLp:  # fmt: skip
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(cost), len(rows[0])
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_, program.row_upper_ = rows
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    if whole is not None:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        program.integrality_ = [kinds[int(one)] for one in whole]
    return program
