#include "server/delta_chunks.h"

#include <algorithm>

#include "core/snapshot/wire.h"

namespace limpet {
namespace {

// Field tag and length of an element, and the states' names and counters of a Delta.
constexpr size_t kElementOverhead = 8;
constexpr size_t kChunkOverhead = 256;

class ChunkWriter {
 public:
  ChunkWriter(const StateId& from, const StateId& to, bool adopt)
      : from_(from), to_(to), adopt_(adopt) {
    open();
  }

  v1::Delta& room_for(size_t bytes) {
    if (size_ > kChunkOverhead && size_ + bytes + kElementOverhead > kMaxChunkBytes) open();
    size_ += bytes + kElementOverhead;
    return *chunks_.back().mutable_delta();
  }

  DeltaChunks finish() {
    for (v1::ServerMessage& message : chunks_) {
      message.mutable_delta()->set_chunks(static_cast<uint32_t>(chunks_.size()));
    }
    return std::move(chunks_);
  }

 private:
  void open() {
    v1::Delta& delta = *chunks_.emplace_back().mutable_delta();
    *delta.mutable_from() = to_proto(from_);
    *delta.mutable_to() = to_proto(to_);
    delta.set_chunk(static_cast<uint32_t>(chunks_.size() - 1));
    delta.set_adopt(adopt_);
    size_ = kChunkOverhead;
  }

  StateId from_;
  StateId to_;
  bool adopt_;
  DeltaChunks chunks_;
  size_t size_ = 0;
};

}  // namespace

DeltaChunks make_delta_chunks(const Snapshot& from, const Snapshot& to, bool adopt) {
  const Delta delta = Snapshot::diff(from, to);
  ChunkWriter writer(from.id(), to.id(), adopt);
  for (const EntryKey& key : delta.removed) {
    v1::EntryKey message = to_proto(key);
    *writer.room_for(message.ByteSizeLong()).add_removed() = std::move(message);
  }
  for (const EntryPtr& entry : delta.upserts) {
    v1::Entry message = encode_entry(*entry, from.find(entry->key).get());
    *writer.room_for(message.ByteSizeLong()).add_upserts() = std::move(message);
  }
  return writer.finish();
}

std::shared_ptr<const EncodedChunks> DeltaCache::get(const Snapshot& from, const Snapshot& to,
                                                     bool adopt) {
  const Way way{to_proto(from.id()).SerializeAsString(), to_proto(to.id()).SerializeAsString(),
                adopt};
  // Held while the messages are made: whoever waits here most likely wants the same.
  const std::lock_guard lock(mutex_);
  if (std::shared_ptr<const EncodedChunks> made = ways_[way].lock()) return made;
  std::erase_if(ways_, [](const auto& entry) { return entry.second.expired(); });
  auto encoded = std::make_shared<EncodedChunks>();
  for (const v1::ServerMessage& message : make_delta_chunks(from, to, adopt)) {
    encoded->push_back(message.SerializeAsString());
  }
  ways_[way] = encoded;
  return encoded;
}

}  // namespace limpet
