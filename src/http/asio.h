// Brings Boost.Asio as this room uses it: one thread, so that executors need no
// type erasure, and errors as codes. For the two sources that wait for sockets
// alone.

#pragma once

// Clang 14 has coroutines, but libstdc++ and Asio ask for this to see them.
#if defined(__clang__) && !defined(__cpp_impl_coroutine)
#define __cpp_impl_coroutine 201902L  // NOLINT(bugprone-reserved-identifier)
#endif
// One thread runs every handler, and the queues have locks: fences add nothing,
// and the thread sanitizer does not know them.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <span>

namespace exporter {

using Executor = boost::asio::io_context::executor_type;
using TcpAcceptor =
    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;
using TcpSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

// A coroutine on the loop's thread.
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;
inline constexpr boost::asio::use_awaitable_t<Executor> kAwait;

// To be awaited: ends when `timer` has come, or is cancelled.
inline auto Wait(Timer& timer, boost::system::error_code& error) {
  return timer.async_wait(boost::asio::redirect_error(kAwait, error));
}

// To be awaited: ends when `socket` is ready for `what`, or is cancelled or
// closed.
template <typename Socket>
auto Wait(Socket& socket, boost::asio::socket_base::wait_type what,
          boost::system::error_code& error) {
  return socket.async_wait(what, boost::asio::redirect_error(kAwait, error));
}

// To be awaited: reads what there is, or, like Wait, for it.
template <typename Socket>
auto ReadSome(Socket& socket, std::span<char> into,
              boost::system::error_code& error) {
  return socket.async_read_some(boost::asio::buffer(into.data(), into.size()),
                                boost::asio::redirect_error(kAwait, error));
}

// To be awaited: ends once all that is ready has had its turn.
inline auto Yield(const Executor& executor) {
  return boost::asio::post(executor, kAwait);
}

}  // namespace exporter
