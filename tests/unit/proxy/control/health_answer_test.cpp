#include "proxy/control/health_answer.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

bool takes(const std::vector<HealthMatch>& matches, const HealthAnswer& answer) {
  HealthSettings settings;
  settings.matches = matches;
  return matches_answer(settings, answer);
}

TEST(HealthAnswer, ByDefaultAStatusFrom200To399IsGood) {
  for (const int good : {200, 204, 302, 399}) EXPECT_TRUE(takes({}, {good, {}, ""})) << good;
  for (const int bad : {101, 199, 400, 404, 500, 503}) {
    EXPECT_FALSE(takes({}, {bad, {}, ""})) << bad;
    EXPECT_FALSE(takes({{}}, {bad, {}, ""})) << bad << ": a match that says nothing of it";
  }
}

TEST(HealthAnswer, AnyOfItsStatuses) {
  const HealthMatch match{{401, 503}, "", {}};
  EXPECT_TRUE(takes({match}, {401, {}, ""}));
  EXPECT_TRUE(takes({match}, {503, {}, ""}));
  EXPECT_FALSE(takes({match}, {200, {}, ""}));
}

TEST(HealthAnswer, ItsBodySomewhere) {
  const HealthMatch match{{}, "ok", {}};
  EXPECT_TRUE(takes({match}, {200, {}, "ok"}));
  EXPECT_TRUE(takes({match}, {200, {}, "all is ok here"}));
  EXPECT_FALSE(takes({match}, {200, {}, "OK"}));
  EXPECT_FALSE(takes({match}, {200, {}, ""}));
  EXPECT_FALSE(takes({match}, {500, {}, "ok"})) << "the status counts, too";
}

TEST(HealthAnswer, EachOfItsHeaders) {
  const HealthMatch match{{}, "", {{"X-State", "ready"}, {"x-zone", "a"}}};
  EXPECT_TRUE(takes({match}, {200, {{"x-state", "ready"}, {"X-Zone", "a"}}, ""}));
  EXPECT_TRUE(takes({match}, {200, {{"x-state", "no"}, {"x-state", "ready"}, {"x-zone", "a"}},
                              ""}))
      << "of fields of one name, any";
  EXPECT_FALSE(takes({match}, {200, {{"x-state", "ready"}}, ""}));
  EXPECT_FALSE(takes({match}, {200, {{"x-state", "Ready"}, {"x-zone", "a"}}, ""}));
}

TEST(HealthAnswer, OneMatchIsEnough) {
  const std::vector<HealthMatch> matches{{{204}, "", {}}, {{200}, "ok", {}}};
  EXPECT_TRUE(takes(matches, {204, {}, ""}));
  EXPECT_TRUE(takes(matches, {200, {}, "ok"}));
  EXPECT_FALSE(takes(matches, {200, {}, "not well"}));
}

TEST(HealthAnswer, ABodyIsReadWhereItHasASay) {
  HealthSettings settings;
  EXPECT_FALSE(needs_body(settings));
  settings.matches = {{{200}, "", {}}};
  EXPECT_FALSE(needs_body(settings));
  settings.matches.push_back({{}, "ok", {}});
  EXPECT_TRUE(needs_body(settings));
}

}  // namespace
}  // namespace limpet
