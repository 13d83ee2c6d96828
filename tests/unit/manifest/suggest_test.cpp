#include "manifest/suggest.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Suggest, TheNearestWithinAThird) {
  const std::vector<std::string> names = {"parentRefs", "hostnames", "rules", "port", "name"};
  EXPECT_EQ(suggest("parentRef", names), "parentRefs");
  EXPECT_EQ(suggest("parentrefs", names), "parentRefs");
  EXPECT_EQ(suggest("hostanmes", names), "hostnames");
  EXPECT_EQ(suggest("prot", names), "port");
  EXPECT_EQ(suggest("rule", names), "rules");
  EXPECT_EQ(suggest("backends", names), "");
  EXPECT_EQ(suggest("x", names), "");
  EXPECT_EQ(suggest("", names), "");
  EXPECT_EQ(suggest(std::string(100000, 'a'), names), "");
}

}  // namespace
}  // namespace limpet
