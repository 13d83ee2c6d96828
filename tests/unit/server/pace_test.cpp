#include "server/pace.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

using std::chrono::milliseconds;

const Pace::Time kStart{milliseconds(1'000'000)};

Pace::Time at(int ms) { return kStart + milliseconds(ms); }

void round(Pace& pace, int began, int ended) {
  pace.on_round_begins();
  pace.on_round_ends(at(began), at(ended));
}

TEST(Pace, TheFirstChangeGoesAtOnce) {
  Pace pace;
  EXPECT_FALSE(pace.due().has_value());
  pace.on_change(at(0), false);
  EXPECT_EQ(pace.due(), at(0));
  pace.on_round_begins();
  EXPECT_FALSE(pace.due().has_value());
}

TEST(Pace, AfterARoundTheNextWaitsAsLongAsItTook) {
  Pace pace;
  round(pace, 0, 30);
  pace.on_change(at(35), false);
  pace.on_change(at(50), false);
  EXPECT_EQ(pace.due(), at(60));
  round(pace, 60, 70);
  pace.on_change(at(90), false);
  EXPECT_EQ(pace.due(), at(90)) << "it has been quiet";
}

TEST(Pace, NoChangeWaitsLongerThanTheMaximum) {
  Pace pace;
  round(pace, 0, 5'000);
  pace.on_change(at(5'001), false);
  EXPECT_EQ(pace.due(), at(5'001) + Pace::kMaxWait);
}

TEST(Pace, EndpointsDoNotWaitAndTakeTheRestWithThem) {
  Pace pace;
  round(pace, 0, 100);
  pace.on_change(at(110), false);
  pace.on_change(at(120), true);
  EXPECT_LE(*pace.due(), at(120));
  round(pace, 120, 121);
  pace.on_change(at(121), false);
  EXPECT_EQ(pace.due(), at(122)) << "the urgency is over with its round";
}

TEST(Pace, AChangeDuringARoundIsOfTheNext) {
  Pace pace;
  pace.on_change(at(0), false);
  pace.on_round_begins();
  pace.on_change(at(5), false);
  pace.on_round_ends(at(0), at(10));
  EXPECT_EQ(pace.due(), at(20));
}

}  // namespace
}  // namespace limpet
