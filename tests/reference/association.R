# Reference numbers for tests/stats/association, from R's own packages on association.csv.
# Debian: r-base-core r-cran-{lme4,ordinal,geepack,brglm2,sandwich,clubsandwich,nnet,survival,jsonlite}
# Run in this folder: Rscript association.R > association.json
suppressMessages({
  library(lme4); library(ordinal); library(geepack); library(brglm2); library(sandwich)
  library(clubSandwich); library(nnet); library(survival); library(jsonlite)
})
d <- read.csv("association.csv", stringsAsFactors = FALSE)
d$family_number <- as.integer(factor(d$family))
two <- function(b, se) list(estimate = unname(b), std_error = unname(se))

ols <- lm(rating ~ mirroring + markedness, d)
hc3 <- sqrt(diag(vcovHC(ols, type = "HC3")))
cr3 <- sqrt(diag(vcovCR(ols, cluster = d$family, type = "CR3")))

logit <- glm(secure ~ mirroring + markedness, binomial, d)
firth <- glm(rare ~ mirroring + markedness, binomial, d, method = "brglmFit", type = "AS_mean")
clmfit <- clm(factor(level) ~ mirroring + markedness, data = d)
multi <- multinom(cls ~ mirroring + markedness, d, trace = FALSE, reltol = 1e-14, maxit = 1000)
gee <- geeglm(smiles ~ mirroring + markedness + offset(log(minutes)), family = poisson,
              id = family_number, data = d, corstr = "independence", std.err = "fij")
pois <- glm(smiles ~ mirroring + markedness + offset(log(minutes)), poisson, d)
geebin <- geeglm(secure ~ mirroring + markedness, family = binomial, id = family_number,
                 data = d, corstr = "independence", std.err = "fij")
cox <- coxph(Surv(wait, ended) ~ mirroring + markedness, d, ties = "efron")
mixed <- lmer(rating ~ mirroring + markedness + (1 | family), d, REML = TRUE)
crossed <- lmer(warmth ~ mirroring + markedness + (1 | family) + (1 | stranger), d, REML = TRUE)

out <- list(
  hc3 = two(coef(ols), hc3),
  cr3 = two(coef(ols), cr3),
  logistic = two(coef(logit), sqrt(diag(vcov(logit)))),
  firth = two(coef(firth), sqrt(diag(vcov(firth)))),
  ordered = c(two(clmfit$beta, sqrt(diag(vcov(clmfit)))[names(clmfit$beta)]),
              list(thresholds = unname(clmfit$alpha))),
  unordered = two(as.vector(t(coef(multi))), as.vector(t(summary(multi)$standard.errors))),
  count = two(coef(pois), sqrt(diag(vcov(pois)))),
  count_jackknife = two(coef(gee), summary(gee)$coefficients[, "Std.err"]),
  binary_jackknife = two(coef(geebin), summary(geebin)$coefficients[, "Std.err"]),
  time = two(coef(cox), sqrt(diag(vcov(cox)))),
  mixed = c(two(fixef(mixed), sqrt(diag(as.matrix(vcov(mixed))))),
            list(family = as.data.frame(VarCorr(mixed))$vcov[1], residual = sigma(mixed)^2)),
  crossed = c(two(fixef(crossed), sqrt(diag(as.matrix(vcov(crossed))))),
              list(family = VarCorr(crossed)$family[1], partner = VarCorr(crossed)$stranger[1],
                   residual = sigma(crossed)^2)),
  holm = p.adjust(c(.01, .02, .03, .04), "holm"),
  bh = p.adjust(c(.01, .02, .03, .04), "BH"),
  versions = as.list(sapply(c("base", "lme4", "ordinal", "geepack", "brglm2", "sandwich",
                              "clubSandwich", "nnet", "survival"),
                            function(p) as.character(packageVersion(p))))
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
