// Makes many requests with the multi interface of libcurl and kept easy
// handles.
//
//   requests CA-FILE URL PROXY ROUND…
//
// PROXY may be empty. A ROUND is "100x32", 100 requests, 32 at once; "rest3",
// three seconds in which nothing happens; or "new", which throws the easy
// handles away. Prints what came of each round of requests: how many ended with
// which code.

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kMostAtOnce = 1000, kCodes = 200 };

static CURL *handles[kMostAtOnce];

static size_t Ignore(char *bytes, size_t size, size_t count, void *to) {
  (void)bytes;
  (void)to;
  return size * count;
}

static CURL *NewHandle(const char *ca_file, const char *url,
                       const char *proxy) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Ignore);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
  return easy;
}

static void Round(CURLM *multi, long count, long at_once) {
  long codes[kCodes] = {0};
  long connects = 0;
  long begun = 0;
  int running = 0;
  for (; begun < at_once && begun < count; ++begun)
    curl_multi_add_handle(multi, handles[begun]);
  do {
    curl_multi_perform(multi, &running);
    int left = 0;
    for (CURLMsg *message;
         (message = curl_multi_info_read(multi, &left)) != NULL;) {
      CURL *easy = message->easy_handle;
      ++codes[message->data.result % kCodes];
      long made = 0;
      curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &made);
      connects += made;
      curl_multi_remove_handle(multi, easy);
      if (begun < count) {
        curl_multi_add_handle(multi, easy);
        ++begun;
        running = 1;
      }
    }
    if (running) curl_multi_poll(multi, NULL, 0, 100, NULL);
  } while (running);
  printf("%ld requests, %ld at once, %ld connections made:", count, at_once,
         connects);
  for (int code = 0; code < kCodes; ++code) {
    if (codes[code] != 0)
      printf(" %ld of code %d (%s)", codes[code], code,
             curl_easy_strerror(code));
  }
  printf("\n");
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)kMostAtOnce);
  printf("%s\n", curl_version());
  for (int i = 4; i < argc; ++i) {
    long count = 0;
    long at_once = 0;
    if (sscanf(argv[i], "%ldx%ld", &count, &at_once) == 2 &&
        at_once <= kMostAtOnce) {
      for (long j = 0; j < at_once; ++j) {
        if (handles[j] == NULL)
          handles[j] = NewHandle(argv[1], argv[2], argv[3]);
      }
      Round(multi, count, at_once);
    } else if (strncmp(argv[i], "rest", 4) == 0) {
      sleep((unsigned)atoi(argv[i] + 4));
    } else {
      for (int j = 0; j < kMostAtOnce; ++j) {
        curl_easy_cleanup(handles[j]);
        handles[j] = NULL;
      }
    }
  }
  for (int j = 0; j < kMostAtOnce; ++j) curl_easy_cleanup(handles[j]);
  curl_multi_cleanup(multi);
  return 0;
}
