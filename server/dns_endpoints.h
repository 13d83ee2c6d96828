// Keeps the endpoints of Services that come from DNS up with it: looks which names there are, asks
// for them in time, and has changed what is found to be changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/applier.h"
#include "server/context.h"
#include "server/dns/client.h"
#include "server/dns/schedule.h"
#include "server/dns_status.h"
#include "server/publisher.h"
#include "server/serial_worker.h"
#include "server/signal.h"

namespace limpet {

// Lives on the io_context's one thread. Changes are made on the worker, all that have been found
// by then in one, and one job at a time; what a full worker does not take waits for the next
// round. So at most one update waits for each Service, and the newest.
class DnsEndpoints : public std::enable_shared_from_this<DnsEndpoints> {
 public:
  // All must outlive it, and all but the client its jobs, which end with the worker.
  struct Parts {
    boost::asio::io_context& io;
    Publisher& publisher;
    Applier& applier;
    SerialWorker& worker;
    DnsStatus& status;
    std::unique_ptr<DnsClient> client;
  };

  static std::shared_ptr<DnsEndpoints> start(Parts parts);

 private:
  struct Asked;  // a round under way

  explicit DnsEndpoints(Parts parts);

  void look();  // for Services that have changed
  void look_at(const EntryKey& service, const v1::Service* now);
  void ask_those_due();
  void finish(const Asked& asked);
  void change();
  void changed(const absl::Status& status);

  Parts parts_;
  boost::asio::steady_timer timer_;
  const ChangeContext context_ = make_change_context();  // its generator is what counts
  DnsSchedule schedule_;
  Snapshot seen_;
  std::map<EntryKey, DnsUpdate> waiting_;
  bool changing_ = false;  // a job is with the worker
  Signal::Subscription published_;
};

}  // namespace limpet
