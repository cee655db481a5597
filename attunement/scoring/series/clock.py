"""Which p an error of the clock between two recordings could turn, and from what error on."""

# Each asks who follows, by the lags on one side of 0.
ONE_SIDED = ("mirroring_p", "mirroring_mean_p", "leading_p", "mirroring_without_slow_p")
# A peak is wider than this: an infant who follows at .3 s makes `mirroring_p` small in most dyads
# on one clock too, so that an error of the clock up to this hardly turns it.
HARMLESS_S = 0.1
