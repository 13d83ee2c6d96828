// The last-known-good state on disk: what a node serves from when it starts without its server.
//
// Format: the line "limpet state 1\n", then records. A record is
//
//   4   size of the payload, least significant byte first
//   8   the first bytes of the payload's SHA-256 (core/base/secure_hash.h)
//   n   payload: a limpet.v1.Delta in one chunk
//
// The first record begins at the empty state, each further one at the state before. Whatever
// follows the last whole record that fits is dropped when the file is read: a crash in the middle
// of an append costs that append. The file holds keys, of sessions and of certificates: its mode is
// 0600 from the first byte on, and what changes a Secret leaves nothing of it behind in the log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <absl/status/status.h>

#include "core/snapshot/snapshot.h"
#include "proxy/net/fd.h"

namespace limpet {

class StateFile {
 public:
  // No record is longer, and none is read that claims to be.
  static constexpr uint32_t kMaxRecordBytes = 1U << 30;
  // The log is written anew as one record when it has grown beyond twice its first record, and
  // by this much.
  static constexpr uint64_t kMinGrowthBytes = 1024 * 1024;

  explicit StateFile(std::filesystem::path path) : path_(std::move(path)) {}

  struct Loaded {
    Snapshot snapshot;       // of revision 0 when there is nothing to go on with
    int64_t written_unix_s = 0;
    std::string problem;     // what was dropped, and why; empty if nothing
  };
  Loaded load();

  // Adds the way from the state last written to `next`, or writes `next` anew: where the log has
  // grown, where Secrets change, and where others than the owner may use the file. `full`: the
  // delta begins at the empty state. After an error the file is written anew at the next call.
  absl::Status append(const Delta& delta, bool full, const Snapshot& next);
  // Nothing lies behind the first record: the last append() wrote everything.
  bool is_whole() const { return size_ == first_record_end_; }
  // What was loaded is not what the next append() begins at: that one writes everything.
  void write_anew() { written_ = StateId(); }

 private:
  absl::Status rewrite(const Snapshot& next);

  const std::filesystem::path path_;
  Fd log_;
  StateId written_;
  uint64_t first_record_end_ = 0;  // bytes
  uint64_t size_ = 0;              // bytes
};

}  // namespace limpet
