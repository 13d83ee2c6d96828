// Sessions on a simulated cluster, and the judgement of every answer they get.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/checks.h"
#include "tests/simulation/clients.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/sessions.h"

namespace limpet::simulation {

// Over all seeds.
struct Tally {
  size_t requests = 0;
  Comparisons compared{};
  std::map<std::string, size_t> moves;   // by reason
  std::map<std::string, size_t> others;  // what was seen beside
  Ranking::Spread spread;
};

class Traffic {
 public:
  // What the tally calls requests of sessions whose endpoint the nodes find down, or found so.
  static constexpr char kMoved[] = "judged down: moves";
  static constexpr char kElsewhere[] = "judged down: elsewhere for now";
  static constexpr char kWaits[] = "judged down: waits";
  static constexpr char kBack[] = "judged up again: home again";
  static constexpr char kDoubted[] = "found down by some, and not judged: stays";

  Traffic(Cluster& cluster, Tally& tally, Cluster::Say say);

  // Some client asks for something, or for several things at once.
  void step();
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  // An answer on its way to the client.
  struct Reply {
    std::string path;
    std::string cookie;  // of the policy; empty: none holds
    std::string token;   // that was set; empty: none
    std::string scope;
    Identity served;  // empty: nobody
    Verdict verdict;
    bool elsewhere = false;  // than decided: the node could not reach that one
    bool forged = false;     // the client sent something else than it has
  };
  struct Sent {
    Request request;
    std::map<std::string, std::vector<std::string>> texts;  // by cookie
    bool forged = false;
  };

  size_t draw(size_t below) { return cluster_.draw(below); }
  void fail(Invariant invariant, std::string text);

  Sent compose(size_t number, bool walks);
  void forge(const Client& client, Sent& sent);
  std::optional<Reply> serve(const Sent& sent, size_t node);
  const Verdict* settle(size_t node, const Case& at, const std::vector<Verdict>& verdicts);
  bool names_session(size_t node, const Case& at, const Verdict& verdict);
  bool keeps_its_age(size_t node, const Case& at, const Verdict& verdict);
  OpenResult read_token(size_t node, const Answer& answer);
  void note_verdict(const Case& at, const Verdict& verdict);
  void compare(const Sent& sent, size_t node, const Case& at, const Verdict& verdict);
  Bound bound_now(const Case& at, const Verdict& verdict, const Bound* before,
                  int64_t clock_s) const;
  // What the token says must be what happened. Nothing is kept when it is not.
  SessionPtr mint(size_t node, const Case& at, const Verdict& verdict, const Opened& opened);
  void check_record(size_t node, const Case& at, const Session& session, const SessionPtr& before);
  bool pair_up(const std::string& name, uint64_t value);
  void ask_again(const Sent& sent, size_t node, const Case& at);

  void receive(Client& client, const Reply& reply, bool raced);
  // Empty: there is none.
  std::string reason_to_move(const Client& client, const Home& home, const Reply& reply);

  Cluster& cluster_;
  Tally& tally_;
  const Cluster::Say say_;
  Ranking ranking_;
  std::vector<Client> clients_;
  Tokens tokens_;
  uint64_t sessions_ = 0;
  // What the product calls what; each has one name.
  std::map<std::string, uint64_t> ids_of_;
  std::map<uint64_t, std::string> names_of_;
  std::optional<Problem> problem_;
};

}  // namespace limpet::simulation
