"""Estimators for scikit-learn: what the pathways do, in pipelines, grid searches and cross-validation.

`EmotionMapper` turns texts into values of regions and emotions, `WindowedConnectivity` series of regions into windowed
connectivity; `ExactKernelRidge` is kernel ridge whose penalties are chosen by exact cross-validation.
docs/scikit-learn.md shows each at work. Importing this module imports scikit-learn; `import emotopy` doesn't import it.
"""

from __future__ import annotations

from emotopy.sklearn.emotion_mapper import EmotionMapper
from emotopy.sklearn.exact_kernel_ridge import ExactKernelRidge
from emotopy.sklearn.windowed_connectivity import WindowedConnectivity

__all__ = ["EmotionMapper", "ExactKernelRidge", "WindowedConnectivity"]
