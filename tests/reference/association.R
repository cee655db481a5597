# Reference numbers for tests/stats/association, from R's own packages on association.csv and on data
# sets that come with them. Every optimiser goes on to where its criterion no longer changes: by
# default glm, brglm2 and lmer stop where the fifth to seventh digit is not settled.
# Debian: r-base-core r-cran-{lme4,ordinal,geepack,brglm2,sandwich,clubsandwich,nnet,survival,jsonlite}
# Run in this folder: Rscript association.R > association.json
suppressMessages({
  library(lme4); library(ordinal); library(geepack); library(brglm2); library(sandwich)
  library(clubSandwich); library(nnet); library(survival); library(jsonlite)
})
d <- read.csv("association.csv", stringsAsFactors = FALSE)
d$family_number <- as.integer(factor(d$family))
tight <- glm.control(epsilon = 1e-15, maxit = 100)
# lme4 searches without derivatives; of many runs none goes further than these tolerances.
fine <- lmerControl(optimizer = "nloptwrap", optCtrl = list(
  xtol_abs = 1e-15, ftol_abs = 1e-15, xtol_rel = 0, ftol_rel = 0, maxeval = 1e6))
two <- function(b, se) list(estimate = unname(b), std_error = unname(se))

ols <- lm(rating ~ mirroring + markedness, d)
hc3 <- sqrt(diag(vcovHC(ols, type = "HC3")))
cr3 <- sqrt(diag(vcovCR(ols, cluster = d$family, type = "CR3")))

logit <- glm(secure ~ mirroring + markedness, binomial, d, control = tight)
firth <- glm(rare ~ mirroring + markedness, binomial, d, method = "brglmFit", type = "AS_mean",
             epsilon = 1e-13, maxit = 1000)
clmfit <- clm(factor(level) ~ mirroring + markedness, data = d, control = clm.control(gradTol = 1e-10))
multi <- multinom(cls ~ mirroring + markedness, d, trace = FALSE, reltol = 1e-15, abstol = 0,
                  maxit = 10000)
gee <- geeglm(smiles ~ mirroring + markedness + offset(log(minutes)), family = poisson,
              id = family_number, data = d, corstr = "independence", std.err = "fij")
pois <- glm(smiles ~ mirroring + markedness + offset(log(minutes)), poisson, d, control = tight)
geebin <- geeglm(secure ~ mirroring + markedness, family = binomial, id = family_number,
                 data = d, corstr = "independence", std.err = "fij")
cox <- coxph(Surv(wait, ended) ~ mirroring + markedness, d, ties = "efron",
             control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 100))
mixed <- lmer(rating ~ mirroring + markedness + (1 | family), d, control = fine)
crossed <- lmer(warmth ~ mirroring + markedness + (1 | family) + (1 | stranger), d, control = fine)


# Three and four sessions a dyad: `wait` stands for any continuous outcome, families of two dyads.
mixed_of <- function(m) {
  v <- as.data.frame(VarCorr(m))
  c(two(fixef(m), sqrt(diag(as.matrix(vcov(m))))),
    list(variances = v$vcov[is.na(v$var2)], correlations = v$sdcor[!is.na(v$var2)],
         log_likelihood = as.numeric(logLik(m))))
}
sleep <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = fine)
r <- read.csv("repeated.csv")
r$c_score <- r$score - mean(r$score); r$c_minute <- r$minute - mean(r$minute)
r$c_night <- r$night - mean(r$night)
one <- lmer(y ~ score + (score | dyad), r, control = fine)
both <- lmer(y ~ score + minute + (score + minute | dyad), r, control = fine)
three <- lmer(y ~ score + minute + night + (c_score + c_minute + c_night || dyad), r, control = fine)
singular <- lmer(flat ~ score + (score | dyad), r, control = fine)
nested <- lmer(y ~ score + (score | family) + (1 | dyad), r, control = fine)

wine_fit <- clm(rating ~ temp + contact, data = wine, control = clm.control(gradTol = 1e-12))
lung_fit <- coxph(Surv(time, status) ~ age + sex + ph.ecog, lung, ties = "efron",
                  control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 100))

# With Jeffreys' penalty.
penalised_multi <- brmultinom(factor(cls) ~ mirroring + markedness, d, type = "AS_mean",
                              epsilon = 1e-13, maxit = 1000)
penalised_pois <- glm(smiles ~ mirroring + markedness + offset(log(minutes)), poisson, d,
                      method = "brglmFit", type = "AS_mean", epsilon = 1e-13, maxit = 1000)

# Score tests of one column, of two, and of one beside another whose slope is held where it is best.
score_of <- function(m) unname(summary(m)$sctest["test"])
beside <- coxph(Surv(wait, ended) ~ markedness, d, ties = "breslow")
beside_both <- coxph(Surv(wait, ended) ~ mirroring + markedness, d, ties = "breslow",
                     init = c(0, coef(beside)), iter.max = 0)
cox_scores <- list(
  one = score_of(coxph(Surv(wait, ended) ~ mirroring, d, ties = "breslow")),
  two = score_of(coxph(Surv(wait, ended) ~ cls, d, ties = "breslow")),
  beside = unname(sum(residuals(beside_both, "score")[, 1])^2 * vcov(beside_both)[1, 1]),
  slope = unname(coef(beside))
)

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
  sleep = mixed_of(sleep), one_slope = mixed_of(one), two_slopes = mixed_of(both),
  three_slopes = mixed_of(three), singular = mixed_of(singular), nested = mixed_of(nested),
  wine = c(two(wine_fit$beta, sqrt(diag(vcov(wine_fit)))[names(wine_fit$beta)]),
           list(thresholds = unname(wine_fit$alpha),
                thresholds_std_error = unname(sqrt(diag(vcov(wine_fit)))[names(wine_fit$alpha)]),
                log_likelihood = as.numeric(logLik(wine_fit)))),
  unordered_penalised = two(as.vector(t(coef(penalised_multi))),
                            sqrt(diag(vcov(penalised_multi)))),
  count_penalised = two(coef(penalised_pois), sqrt(diag(vcov(penalised_pois)))),
  cox_scores = cox_scores, lung = two(coef(lung_fit), sqrt(diag(vcov(lung_fit)))),
  holm = p.adjust(c(.01, .02, .03, .04), "holm"),
  bh = p.adjust(c(.01, .02, .03, .04), "BH"),
  versions = as.list(sapply(c("base", "lme4", "ordinal", "geepack", "brglm2", "sandwich",
                              "clubSandwich", "nnet", "survival"),
                            function(p) as.character(packageVersion(p))))
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n")
