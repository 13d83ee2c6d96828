#include "server/pace.h"

#include <algorithm>

namespace limpet {

void Pace::on_change(Time now, bool urgent) {
  if (!first_change_) first_change_ = now;
  urgent_ = urgent_ || urgent;
}

std::optional<Pace::Time> Pace::due() const {
  if (!first_change_ || urgent_) return first_change_;
  return std::min(std::max(*first_change_, quiet_until_), *first_change_ + kMaxWait);
}

void Pace::on_round_begins() {
  first_change_.reset();
  urgent_ = false;
}

void Pace::on_round_ends(Time began, Time now) { quiet_until_ = now + (now - began); }

}  // namespace limpet
