// bench_load: the loads of bench/proxy that wrk does not make, from one thread.
//   bench_load rate ADDRESS:PORT     requests at a constant rate, and their times (load_rate.h)
//   bench_load tunnel ADDRESS:PORT   messages through upgraded connections (load_tunnel.h)
//   bench_load echo ADDRESS:PORT...  the endpoint of those
// rate and tunnel connect, print "ready", wait for a line on stdin, run, print one line of results,
// and hold their connections until stdin ends.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "bench/load_rate.h"
#include "bench/load_sockets.h"
#include "bench/load_tunnel.h"
#include "runtime/descriptors.h"

namespace limpet::bench {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Loads for bench/proxy");
  app.require_subcommand(1);
  std::vector<std::string> addresses;
  RateLoad rate;
  TunnelLoad tunnel;

  CLI::App* rate_command = app.add_subcommand("rate", "requests at a constant rate");
  rate_command->add_option("address", addresses)->required()->expected(1);
  rate_command->add_option("--connections", rate.connections)->check(CLI::Range(1, 20'000));
  rate_command->add_option("--rate", rate.per_second, "per second")
      ->check(CLI::Range(1, 1'000'000));
  rate_command->add_option("--seconds", rate.seconds)->check(CLI::Range(1, 600));
  rate_command->add_option("--path", rate.path);
  rate_command->add_option("--cookie", rate.cookie, "the Cookie field");

  CLI::App* tunnel_command = app.add_subcommand("tunnel", "messages through upgraded connections");
  tunnel_command->add_option("address", addresses)->required()->expected(1);
  tunnel_command->add_option("--connections", tunnel.connections)->check(CLI::Range(1, 20'000));
  tunnel_command->add_option("--seconds", tunnel.seconds)->check(CLI::Range(1, 600));
  tunnel_command->add_option("--bytes", tunnel.message_bytes, "of a message")
      ->check(CLI::Range(1, 16'384));
  tunnel_command->add_option("--path", tunnel.path);

  CLI::App* echo_command = app.add_subcommand("echo", "agrees to upgrades, sends back what comes");
  echo_command->add_option("address", addresses)->required()->expected(1, 100);
  CLI11_PARSE(app, argc, argv);

  raise_descriptor_limit();
  std::vector<SocketAddress> parsed;
  for (const std::string& address : addresses) parsed.push_back(parse_address(address));
  rate.address = tunnel.address = parsed.front();
  if (*rate_command) run_rate(rate);
  if (*tunnel_command) run_tunnel(tunnel);
  if (*echo_command) run_echo(parsed);
  return 0;
}

}  // namespace
}  // namespace limpet::bench

int main(int argc, char** argv) {
  try {
    return limpet::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "bench_load: " << error.what() << '\n';
    return 1;
  }
}
