#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

using Lines = std::vector<std::string>;

const std::string kFrom =
    "from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' namespace: 'shop' } ";
const std::string kTo = "to { group: '' kind: 'Service' } ";

Lines problems(const std::string& spec) {
  return violations_of(resource_of(
      {"reference_grant { api_version: 'gateway.networking.k8s.io/v1beta1' "
       "kind: 'ReferenceGrant' metadata { name: 'g' namespace: 'bank' } spec { " +
       spec + " } }"}));
}

TEST(ValidateReferenceGrant, TakesWhatIsWellFormed) {
  EXPECT_EQ(problems(kFrom + kTo), Lines());
  EXPECT_EQ(problems(times(16, kFrom) + times(16, kTo)), Lines());
  // Kinds that are not known here have no effect, and are no mistake.
  EXPECT_EQ(problems("from { group: 'example.com' kind: 'Thing' namespace: 'shop' } "
                     "to { group: 'example.com' kind: 'Other' name: 'a.b' }"),
            Lines());
}

TEST(ValidateReferenceGrant, TellsWhatIsMissing) {
  EXPECT_EQ(problems(""), (Lines{"spec.from: required", "spec.to: required"}));
  EXPECT_EQ(problems("from { } to { }"),
            (Lines{"spec.from[0].group: required; \"\" for the kinds without a group, such as "
                   "Service",
                   "spec.from[0].kind: required", "spec.from[0].namespace: required",
                   "spec.to[0].group: required; \"\" for the kinds without a group, such as "
                   "Service",
                   "spec.to[0].kind: required"}));
}

TEST(ValidateReferenceGrant, TellsWhatIsTooMuchOrWrong) {
  EXPECT_EQ(problems(times(17, kFrom) + times(17, kTo)).size(), 2U);
  const Lines wrong = problems(
      "from { group: 'A b' kind: 'x y' namespace: 'a.b' } to { group: '' kind: 'S' name: 'a/b' }");
  ASSERT_EQ(wrong.size(), 4U);
  EXPECT_TRUE(wrong[0].starts_with("spec.from[0].group: "));
  EXPECT_TRUE(wrong[1].starts_with("spec.from[0].kind: "));
  EXPECT_TRUE(wrong[2].starts_with("spec.from[0].namespace: "));
  EXPECT_TRUE(wrong[3].starts_with("spec.to[0].name: "));
}

}  // namespace
}  // namespace limpet::test
