#include "proxy/table_pin.h"

#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(TablePin, ATableLivesUntilItsLastPin) {
  std::vector<uint64_t> retired;
  const auto table = [](uint64_t revision) {
    auto made = std::make_shared<RoutingTable>();
    made->state.revision = revision;
    return made;
  };
  {
    TableSlot slot([&](const std::shared_ptr<const RoutingTable>& done) {
      retired.push_back(done->state.revision);
    });
    EXPECT_FALSE(slot.pin());
    slot.swap(table(1));
    TablePin first = slot.pin();
    const TablePin second = slot.pin();
    slot.swap(table(2));
    EXPECT_EQ(first->state.revision, 1U);
    EXPECT_EQ(slot.pin()->state.revision, 2U);
    EXPECT_TRUE(retired.empty());
    first.release();
    first.release();
    EXPECT_TRUE(retired.empty()) << "the second still has it";
  }
  EXPECT_EQ(retired, (std::vector<uint64_t>{1, 2}));
}

}  // namespace
}  // namespace limpet
