#include "transport/endpoint.h"

#include <catch2/catch.hpp>

using base::Code;
using transport::Endpoint;
using transport::parseEndpoint;

TEST_CASE("endpoint: names and addresses with a port are read, and written as they were") {
    struct Good {
        const char* text;
        Endpoint endpoint;
    };
    for (const Good& good :
         std::vector<Good>{{"server.tinh.example.vn:7443", {"server.tinh.example.vn", 7443}},
                           {"192.0.2.1:1", {"192.0.2.1", 1}},
                           {"localhost:0", {"localhost", 0}},
                           {"[::1]:65535", {"::1", 65535}},
                           {"[fe80::1%eth0]:80", {"fe80::1%eth0", 80}}}) {
        auto endpoint = parseEndpoint(good.text);
        REQUIRE(endpoint);
        CHECK(*endpoint == good.endpoint);
        CHECK(endpoint->text() == good.text);
    }
    CHECK(parseEndpoint("  host:1 ") == Endpoint{"host", 1});
}

TEST_CASE("endpoint: everything else is refused with a sentence") {
    for (const char* text :
         {"", "host", "host:", ":80", "host:65536", "host:-1", "host:8o", "host:80 80", "::1:80",
          "[::1]", "[::1]80", "[::1:80", "[]:80", "[host]:80", "a b:80", "http://host:80",
          "[fe80::1%]:80", "host:99999999999999999999"}) {
        INFO(text);
        auto endpoint = parseEndpoint(text);
        REQUIRE_FALSE(endpoint);
        CHECK(endpoint.error().code == Code::InvalidInput);
        CHECK_FALSE(endpoint.error().message.empty());
    }
    CHECK_FALSE(parseEndpoint(std::string(300, 'a') + ":80"));
}
