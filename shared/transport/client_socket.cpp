#include "transport/client_socket.h"

#include <asio.hpp>
#include <cassert>
#include <deque>
#include "base/limits.h"

namespace transport {
namespace {

using asio::ip::tcp;
using base::Bytes;
using base::ByteView;
using base::Code;
using base::fail;
using base::Status;
using Clock = std::chrono::steady_clock;
using ErrorCode = asio::error_code;

constexpr std::size_t kReadBytes = 128 * 1024;

/// The life of one connection; its io_context is run by the caller's thread alone.
class ClientConnection {
public:
    ClientConnection(const Endpoint& server, ConnectionDriver& driver, Traffic& traffic,
                     const Timeouts& timeouts)
        : m_server(server),
          m_driver(driver),
          m_traffic(traffic),
          m_timeouts(timeouts),
          m_socket(m_context),
          m_timer(m_context),
          m_readBuffer(kReadBytes) {}

    Status run() {
        std::vector<tcp::endpoint> addresses;
        TRY(addresses, resolve());
        ErrorCode lastError = asio::error::host_not_found;
        for (const tcp::endpoint& address : addresses) {
            lastError = connect(address);
            if (!lastError) return talk();
        }
        return unreachable(lastError == asio::error::operation_aborted ||
                                   lastError == asio::error::timed_out
                               ? "it does not answer"
                           : lastError == asio::error::connection_refused
                               ? "no program listens at that address"
                               : "the network says: " + lastError.message());
    }

private:
    Status unreachable(const std::string& why) const {
        std::string message = "Cannot reach the server ";
        message.append(m_server.text()).append(": ").append(why);
        message.append(". Check the network and the address; work saved here is kept.");
        return fail(Code::Unreachable, std::move(message));
    }

    base::Result<std::vector<tcp::endpoint>> resolve() {
        ErrorCode error;
        // An address needs no resolver, which may take long to say so without a network.
        asio::ip::address address = asio::ip::make_address(m_server.host, error);
        if (!error) return std::vector{tcp::endpoint(address, m_server.port)};
        tcp::resolver resolver(m_context);
        auto found = resolver.resolve(m_server.host, std::to_string(m_server.port),
                                      tcp::resolver::numeric_service, error);
        if (error || found.empty()) {
            Status status = unreachable("its name is not known");
            return tl::unexpected<base::Error>(status.error());
        }
        std::vector<tcp::endpoint> addresses;
        for (const auto& entry : found) addresses.push_back(entry.endpoint());
        return addresses;
    }

    ErrorCode connect(const tcp::endpoint& address) {
        ErrorCode result = asio::error::would_block;
        ErrorCode ignored;
        m_socket.close(ignored);
        m_socket.async_connect(address, [&](const ErrorCode& error) {
            result = error;
            m_timer.cancel();
        });
        m_timer.expires_after(m_timeouts.connect);
        m_timer.async_wait([&](const ErrorCode& error) {
            ErrorCode closing;
            if (!error && result == asio::error::would_block) m_socket.close(closing);
        });
        m_context.run();
        m_context.restart();
        if (!result && !m_socket.is_open()) result = asio::error::timed_out;
        return result;
    }

    Status talk() {
        ErrorCode ignored;
        m_socket.set_option(tcp::no_delay(true), ignored);
        m_lastActivity = Clock::now();
        Status status = m_driver.onOpen();
        if (!status) return status;
        read();
        watchSilence();
        refill();
        m_context.run();
        assert(m_result);
        return *m_result;
    }

    /// Ends the loop; the first result counts.
    void finish(Status result) {
        if (m_result) return;
        m_result = std::move(result);
        ErrorCode ignored;
        m_timer.cancel();
        m_socket.shutdown(tcp::socket::shutdown_both, ignored);
        m_socket.close(ignored);
    }

    void read() {
        m_socket.async_read_some(asio::buffer(m_readBuffer),
                                 [this](const ErrorCode& error, std::size_t size) {
                                     if (!m_result) onRead(error, size);
                                 });
    }

    void onRead(const ErrorCode& error, std::size_t size) {
        if (error == asio::error::eof) return finish(m_driver.onEof());
        if (error) return finish(m_driver.isDone() ? Status{} : cut("it broke off"));
        m_lastActivity = Clock::now();
        m_traffic.bytesDown += size;
        m_hasHeard = true;
        m_serverSpokeLast = true;
        Status status = m_driver.onBytes(ByteView(m_readBuffer).first(size));
        if (!status) return finish(std::move(status));
        refill();
        if (!m_result) read();
    }

    /// Asks the driver for output as long as there is room, then writes; ends when all is said.
    void refill() {
        while (!m_writeFailed && m_queuedBytes < base::limits::kOutputQueueBytes) {
            Bytes output = m_driver.takeOutput();
            if (output.empty()) break;
            m_queuedBytes += output.size();
            m_queue.push_back(std::move(output));
        }
        if (m_queue.empty()) {
            if (m_driver.isDone()) finish({});
            return;
        }
        if (!m_writing) write();
    }

    void write() {
        if (m_serverSpokeLast) ++m_traffic.turns;
        m_serverSpokeLast = false;
        m_writing = true;
        m_socket.async_write_some(asio::buffer(m_queue.front()) + m_written,
                                  [this](const ErrorCode& error, std::size_t size) {
                                      if (!m_result) onWritten(error, size);
                                  });
    }

    void onWritten(const ErrorCode& error, std::size_t size) {
        m_writing = false;
        if (error) {
            // The server may have said why it closed: what it sent before is read first.
            m_writeFailed = true;
            m_queue.clear();
            return;
        }
        m_lastActivity = Clock::now();
        m_traffic.bytesUp += size;
        m_queuedBytes -= size;
        m_written += size;
        if (m_written == m_queue.front().size()) {
            m_queue.pop_front();
            m_written = 0;
        }
        refill();
    }

    /// A server that takes connections and says nothing is given up sooner than one that works.
    std::chrono::milliseconds silenceMax() const {
        return m_hasHeard ? m_timeouts.idle : std::min(m_timeouts.answer, m_timeouts.idle);
    }

    void watchSilence() {
        m_timer.expires_at(m_lastActivity + silenceMax());
        m_timer.async_wait([this](const ErrorCode&) {
            if (m_result) return;
            if (Clock::now() >= m_lastActivity + silenceMax()) {
                return finish(cut("the server was silent for too long"));
            }
            watchSilence();
        });
    }

    Status cut(std::string_view why) const {
        std::string message = "The connection to ";
        message.append(m_server.text()).append(" was cut: ").append(why);
        message.append(". Nothing is lost; try again.");
        return fail(Code::Cut, std::move(message));
    }

    const Endpoint& m_server;
    ConnectionDriver& m_driver;
    Traffic& m_traffic;
    const Timeouts& m_timeouts;
    asio::io_context m_context{1};
    tcp::socket m_socket;
    asio::steady_timer m_timer;
    Bytes m_readBuffer;
    std::deque<Bytes> m_queue;
    std::size_t m_queuedBytes = 0;
    std::size_t m_written = 0;  // of the queue's front
    bool m_writing = false;
    bool m_hasHeard = false;
    bool m_writeFailed = false;
    bool m_serverSpokeLast = true;  // so that the first words count as a turn
    Clock::time_point m_lastActivity;
    std::optional<Status> m_result;
};

}  // namespace

base::Status runConnection(const Endpoint& server, ConnectionDriver& driver, Traffic& traffic,
                           const Timeouts& timeouts) {
    return ClientConnection(server, driver, traffic, timeouts).run();
}

}  // namespace transport
