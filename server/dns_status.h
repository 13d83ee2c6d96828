// Whether the names of Services could be resolved, for their status.
#pragma once

#include <map>
#include <mutex>

#include "core/resource/condition.h"
#include "core/resource/object.h"

namespace limpet {

// Thread-safe. As every status it is stored nowhere: a server that has just started knows nothing.
class DnsStatus {
 public:
  // Whether it is another than before, but for the message.
  bool set(const EntryKey& service, Verdict verdict);
  void remove(const EntryKey& service);

  // Adds the condition Resolved to a Service whose endpoints come from DNS.
  void tell(v1::Service& service) const;

 private:
  mutable std::mutex mutex_;
  std::map<EntryKey, Verdict> verdicts_;
};

}  // namespace limpet
