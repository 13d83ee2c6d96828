// Which of the requests that an endpoint did not answer a worker tells the control thread of, for
// what that finds of the endpoint's health. Where all requests fail, most say nothing new.
//
// Threading: on the worker's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <absl/container/flat_hash_map.h>

namespace limpet {

class FailureReports {
 public:
  static constexpr int64_t kEveryMs = 100;  // of one endpoint
  static constexpr size_t kMaxEndpoints = 4'096;  // remembered; of further ones nothing is told

  // Whether this one is to be told. The endpoint is that of the cluster with the id.
  bool take(uint64_t cluster_id, uint64_t endpoint_uid, int64_t now_ms) {
    const std::pair key(cluster_id, endpoint_uid);
    const auto last = told_ms_.find(key);
    if (last != told_ms_.end()) {
      if (now_ms - last->second < kEveryMs) return false;
      last->second = now_ms;
      return true;
    }
    if (told_ms_.size() >= kMaxEndpoints) return false;
    told_ms_.emplace(key, now_ms);
    return true;
  }

  // Forgets what bars nothing any more. To be called about once a second.
  void sweep(int64_t now_ms) {
    for (auto told = told_ms_.begin(); told != told_ms_.end();) {
      const auto here = told++;
      if (now_ms - here->second >= kEveryMs) told_ms_.erase(here);
    }
  }

  size_t size() const { return told_ms_.size(); }

 private:
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> told_ms_;
};

}  // namespace limpet
