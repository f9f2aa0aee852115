// Finds what a page says that came in place of the JSON of an API: those of
// gateways, proxies and logins. Pure; never fails, whatever bytes came.

#pragma once

#include <span>
#include <string>

#include "base/error.h"
#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

// Who answered and with what, as far as `reply` shows: `page "502 Bad Gateway",
// server "nginx/1.22.1", through the proxy p:3128`. The page's title, else its
// first heading, else the first line of plain text; without tags and entities,
// in one line of at most 160 bytes of UTF-8, with "<secret>" for each of
// `hidden`. What is not there is left out: empty if nothing is.
std::string DescribePage(const HttpReply& reply,
                         std::span<const Secret> hidden = {});

// What the pages of nginx, Apache and Go's servers tell of our request, where
// the status alone does not.
Cause CauseOfPage(const HttpReply& reply);

// Whether the proxy that `reply` came through answered it itself, by the signs
// that squid, tinyproxy and Privoxy give. 407 is always a proxy's.
bool IsOfProxyItself(const HttpReply& reply);

}  // namespace exporter
