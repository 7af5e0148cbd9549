"""Watching and stopping a run from another thread."""


class SimulationCancelled(Exception):
    """The run was asked to stop through its `RunControl`."""


cdef class RunControl:
    """Watch and stop a run, or many, from another thread: rows and runs so far, `cancel()`."""

    @property
    def done(self):
        """Rows of the current run processed so far."""
        return self.rows_done

    @property
    def runs_done(self):
        """Runs of `simulate_many` finished so far."""
        return self.runs_finished

    @property
    def cancelled(self):
        """Whether `cancel` was called."""
        return bool(self.stop)

    def cancel(self):
        """Stop within a few hundred rows; the simulation then raises SimulationCancelled."""
        self.stop = True
