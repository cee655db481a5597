# Reference numbers of tests/stats/reliability, by R and Debian's packages:
#   apt-get install r-base-core r-cran-psych r-cran-vcd r-cran-lme4 r-cran-jsonlite
#   Rscript tests/reference/reliability.R            (from the project's root)
# writes tests/reference/reliability.json: inputs, results, versions.
suppressMessages({library(psych); library(vcd); library(lme4); library(jsonlite)})
set.seed(20240611)
out <- list(versions = list(R = R.version.string))
for (p in c("psych", "vcd", "lme4"))
  out$versions[[p]] <- as.character(packageVersion(p))

# Intraclass correlations -------------------------------------------------------------------------
shrout <- matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol = 4, byrow = TRUE)
target <- rnorm(25)
good <- round(outer(target, rep(1, 3)) + rep(c(0, .5, -.3), each = 25) +
              matrix(rnorm(75, sd = .7), 25), 3)
poor <- round(matrix(rnorm(24), 8), 3)   # no target differences at all
two <- round(outer(rnorm(40), rep(1, 2)) + matrix(rnorm(80, sd = .4), 40), 3)
out$icc <- lapply(list(shrout = shrout, good = good, poor = poor, two = two), function(x) {
  # lmer = FALSE: the analysis of variance, in which a negative estimate stays negative
  r <- ICC(x, lmer = FALSE, alpha = .05)$results
  list(ratings = x, type = r$type, estimate = r$ICC, f = r$F, df = r$df1, df_denominator = r$df2,
       p = r$p, low = r$`lower bound`, high = r$`upper bound`)
})

# Cohen's kappa -----------------------------------------------------------------------------------
tables <- list(
  cohen1968 = matrix(c(88,14,18, 10,40,10, 2,6,12), 3, byrow = TRUE),
  fleiss1969 = matrix(c(106,10,4, 22,28,10, 2,12,6), 3, byrow = TRUE),
  skewed = matrix(c(150,3,1,0, 6,9,2,1, 2,1,5,2, 0,0,3,4), 4, byrow = TRUE))
out$kappa <- lapply(tables, function(x) {
  k <- nrow(x)
  plain <- Kappa(as.table(x))
  linear <- Kappa(as.table(x), weights = "Equal-Spacing")
  quadratic <- Kappa(as.table(x), weights = "Fleiss-Cohen")
  own <- 1 - abs(outer(1:k, 1:k, "-"))^1.5 / (k - 1)^1.5
  vcd_own <- Kappa(as.table(x), weights = own)
  weighted <- cohen.kappa(x, w = own, n.obs = sum(x))
  # The standard error of any weights by the delta method, with numerical derivatives.
  value <- function(p) {
    p <- p / sum(p); e <- outer(rowSums(p), colSums(p)); (sum(own * p) - sum(own * e)) / (1 - sum(own * e))
  }
  p <- x / sum(x)
  slope <- sapply(seq_along(p), function(i) {
    up <- down <- p; up[i] <- up[i] + 1e-6; down[i] <- down[i] - 1e-6
    (value(up) - value(down)) / 2e-6 })
  delta <- sqrt((sum(p * slope^2) - sum(p * slope)^2) / sum(x))
  list(counts = x,
       plain = c(plain$Unweighted[["value"]], plain$Unweighted[["ASE"]]),
       linear = c(linear$Weighted[["value"]], linear$Weighted[["ASE"]]),
       quadratic = c(quadratic$Weighted[["value"]], quadratic$Weighted[["ASE"]]),
       own_weights = own, own = c(vcd_own$Weighted[["value"]], vcd_own$Weighted[["ASE"]]),
       # psych 2.2.9's standard error of weighted kappa is neither vcd's nor the delta method's, so
       # only its estimate serves here.
       psych_own = weighted$weighted.kappa, delta_own = delta,
       psych_plain = c(weighted$kappa, sqrt(weighted$var.kappa)))
})

# Fleiss' kappa, from its definition ------------------------------------------------------------------
labels <- matrix(sample(1:4, 30 * 5, replace = TRUE, prob = c(.5, .2, .2, .1)), 30)
same <- matrix(runif(150) < .6, 30)
labels[same] <- matrix(sample(1:4, 30, replace = TRUE), 30, 5)[same]
counts <- t(apply(labels, 1, function(r) tabulate(r, 4)))
n <- nrow(counts); m <- 5; p <- colSums(counts) / (n * m)
observed <- mean((rowSums(counts^2) - m) / (m * (m - 1)))
fleiss <- (observed - sum(p^2)) / (1 - sum(p^2))
# Fleiss, Nee & Landis (1979), equation for the overall kappa under the null
q <- 1 - p
null_se <- sqrt(2 / (n * m * (m - 1))) * sqrt(sum(p * q)^2 - sum(p * q * (q - p))) / sum(p * q)
# Delete-one-target jackknife, against which the linearised standard error can be held
left <- sapply(1:n, function(i) {
  x <- counts[-i, ]; pp <- colSums(x) / sum(x)
  o <- mean((rowSums(x^2) - m) / (m * (m - 1))); (o - sum(pp^2)) / (1 - sum(pp^2)) })
out$fleiss <- list(ratings = labels, estimate = fleiss, null_se = null_se,
                   jackknife_se = sqrt((n - 1) / n * sum((left - mean(left))^2)))

# Krippendorff's alpha, pair by pair from the definition --------------------------------------------
alpha <- function(x, level) {                       # x: units in rows
  x <- x[rowSums(!is.na(x)) > 1, ]
  v <- sort(unique(x[!is.na(x)])); k <- length(v)
  o <- matrix(0, k, k)
  for (u in seq_len(nrow(x))) {
    r <- match(x[u, !is.na(x[u, ])], v)
    for (i in seq_along(r)) for (j in seq_along(r)) if (i != j)
      o[r[i], r[j]] <- o[r[i], r[j]] + 1 / (length(r) - 1)
  }
  nc <- rowSums(o); n <- sum(nc); d <- matrix(0, k, k)
  for (i in 1:k) for (j in 1:k) d[i, j] <- switch(level,
    nominal = i != j, interval = (v[i] - v[j])^2,
    ratio = if (v[i] + v[j] == 0) 0 else ((v[i] - v[j]) / (v[i] + v[j]))^2,
    ordinal = (sum(nc[min(i, j):max(i, j)]) - (nc[i] + nc[j]) / 2)^2 * (i != j))
  1 - (n - 1) * sum(o * d) / sum(outer(nc, nc) * d)
}
coded <- matrix(sample(c(0, 1, 2, 5, 9), 40 * 4, replace = TRUE), 40)
coded[, 1:3] <- pmax(0, coded[, 1] + sample(-1:1, 120, replace = TRUE))
coded[sample(160, 45)] <- NA
levels <- c("nominal", "ordinal", "interval", "ratio")
out$alpha <- list(ratings = coded,
                  estimate = as.list(setNames(sapply(levels, function(l) alpha(coded, l)), levels)))

# Bland-Altman --------------------------------------------------------------------------------------
wright <- c(494,395,516,434,476,557,413,442,650,433,417,656,267,478,178,423,427)
mini <- c(512,430,520,428,500,600,364,380,658,445,432,626,260,477,259,350,451)
d <- wright - mini; n <- length(d); z <- qnorm(.975)
tolerance <- qt(c(.025, .975), n - 1, ncp = z * sqrt(n)) / sqrt(n)
out$bland_altman <- list(
  a = wright, b = mini, bias = mean(d), sd = sd(d), limits = mean(d) + c(-1, 1) * z * sd(d),
  bias_ci = as.numeric(t.test(d)$conf.int), upper_ci = mean(d) + tolerance * sd(d),
  trend = as.numeric(coef(summary(lm(d ~ I((wright + mini) / 2))))[2, c(1, 2, 4)]))
# Repeated measures, 15 dyads of 4: variance components by REML, which for equal numbers are those
# of the analysis of variance.
dyad <- rep(1:15, each = 4)
level <- rnorm(15, sd = 3)[dyad] + rnorm(60, sd = 2)
a <- round(level + rnorm(15, sd = 1)[dyad] + rnorm(60), 3); b <- round(level + rnorm(60), 3)
fit <- lmer(difference ~ 1 + (1 | dyad), data.frame(difference = a - b, dyad = factor(dyad)))
part <- as.data.frame(VarCorr(fit))$vcov
each <- sapply(list(a, b), function(y) summary(aov(y ~ factor(dyad)))[[1]]["Residuals", "Mean Sq"])
out$repeated <- list(
  a = a, b = b, dyad = dyad, bias = as.numeric(fixef(fit)),
  bias_se = as.numeric(sqrt(diag(as.matrix(vcov(fit))))), sd_varying = sqrt(sum(part)),
  sd_constant = sqrt(var(tapply(a - b, dyad, mean)) + .75 * sum(each)))

# Kappa with a structural zero where nil meets nil --------------------------------------------------
events <- matrix(c(30,2,1,5, 3,18,2,4, 0,1,9,2, 6,3,1,0), 4, byrow = TRUE)
start <- matrix(1, 4, 4); start[4, 4] <- 0
expected <- loglin(events, list(1, 2), start = start, fit = TRUE, eps = 1e-12, iter = 10000,
                   print = FALSE)$fit
po <- sum(diag(events)) / sum(events); pe <- sum(diag(expected)) / sum(events)
out$nil <- list(counts = events, kappa = (po - pe) / (1 - pe))

write_json(out, "tests/reference/reliability.json", digits = 14, auto_unbox = TRUE, na = "null",
           matrix = "rowmajor", pretty = FALSE)
