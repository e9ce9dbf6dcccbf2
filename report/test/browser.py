# SPDX-License-Identifier: GPL-2.0-or-later
"""Click through a dashboard in headless Chromium, by its WebDriver. Arguments: the first page, a file for its picture."""
import base64, json, subprocess, sys, time, urllib.request

page, picture = sys.argv[1:3]
number = 0


def ok(good, name):
    global number
    number += 1
    print("%s %d - %s" % ("ok" if good else "not ok", number, name), flush=True)


driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
for line in driver.stdout:
    if "started successfully on port" in line:
        port = int(line.split("port")[1].strip(" .\n"))
        break


def call(method, path, body=None):
    data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), data, {"Content-Type": "application/json"}, method=method)
    return json.load(urllib.request.urlopen(request, timeout=60))["value"]


def start(*more):
    options = {"args": ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1400", *more]}
    capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
    return "/session/" + call("POST", "/session", {"capabilities": capabilities})["sessionId"]


def run(script):
    return call("POST", session + "/execute/sync", {"script": script, "args": []})


def go(url):
    call("POST", session + "/url", {"url": url})


def element(css):
    return session + "/element/" + list(call("POST", session + "/element", {"using": "css selector", "value": css}).values())[0]


def click(css):
    call("POST", element(css) + "/click")


def keys(css, text):
    call("POST", element(css) + "/value", {"text": text})


def press(key):
    keyboard = {"type": "key", "id": "keyboard", "actions": [{"type": t, "value": key} for t in ("keyDown", "keyUp")]}
    call("POST", session + "/actions", {"actions": [keyboard]})


def shown():
    return run("return [...document.querySelectorAll('form.search ~ .wide tbody tr')].filter(r => r.offsetParent).length")


try:
    session = start()
    go(page)
    rows = shown()
    title = run("return document.title")
    ok(title == "zapbench over time" and rows > 5, "the first page has series: %d" % rows)
    ok(run("return [...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName).join('').startsWith('H1H2')"), "headings in order")
    ok(run("return document.querySelectorAll('td.bad').length") > 0, "a regression is marked")
    ok("regression" in run("return document.querySelector('.note').textContent"), "and said in words")

    # search
    press("/")
    ok(run("return document.activeElement.type") == "search", "'/' goes to the search")
    keys("form.search input", "refault 2m")
    found = shown()
    ok(0 < found < rows, "words find rows: %d of %d" % (found, rows))
    ok(run("return document.querySelector('form.search output').textContent") == "%d of %d" % (found, rows), "and count them")
    ok("find=refault" in run("return location.hash"), "the address keeps the search")
    go("about:blank")
    go(page + "#find=refault+2m")
    ok(shown() == found, "and brings it back")
    go("about:blank")
    go(page + "#find=%E0%A4%A")
    ok(shown() == 0, "an address that is broken finds nothing, and breaks nothing")
    keys("form.search input", "")
    call("POST", element("form.search input") + "/click")
    press("\ue00c")
    ok(shown() == rows, "Escape shows all again")

    # clicking through
    go(page)
    click("td.bad a")
    ok(0 < shown() < rows, "the cell of a board finds its series")
    click("form.search ~ .wide tbody tr:not([hidden]) a")
    ok("/series/" in run("return location.href"), "a series has a page")
    ok(run("return document.querySelectorAll('figure svg path').length") > 3, "with a plot")
    ok(run("return document.querySelector('figure svg').getAttribute('aria-labelledby') && !!document.querySelector('figure svg title').textContent"),
       "which says what it shows")
    ok(run("return document.querySelector('pre').textContent").startswith("zapbench history acknowledge "), "and how to acknowledge")
    link = run("return [...document.querySelectorAll('tbody th a')].at(-1).href")
    with urllib.request.urlopen(link) as file:
        ok(file.read(2) == b"\x1f\x8b", "each night is linked to its result")
    click("header a")
    ok(run("return document.title") == title, "there is a way back")
    click("td a[href^='runs.html']")
    ok("runs.html" in run("return location.href") and shown() > 0, "a board leads to its runs")

    # by keyboard alone
    go(page)
    press("\ue004")
    ok(run("return document.activeElement.textContent").startswith("Skip"), "the first key goes to the skip link")
    ok(run("return getComputedStyle(document.activeElement).outlineStyle") != "none", "and shows where it is")
    reached = set()
    for _ in range(40):
        press("\ue004")
        reached.add(run("return document.activeElement.tagName"))
    ok({"A", "DIV"} <= reached, "links and tables are reached by it")

    # nothing wider than a phone, and nothing on the console
    call("POST", session + "/window/rect", {"width": 500, "height": 900})
    for url in (page, link.replace("/runs/", "/series/") and run("return document.querySelector('main a[href^=series]').href")):
        go(url)
        ok(run("return document.documentElement.scrollWidth <= innerWidth"), "no page is wider than its window")
    log = call("POST", session + "/se/log", {"type": "browser"})
    ok(not log, "the console is silent%s" % "".join("; " + entry["message"] for entry in log))
    call("DELETE", session)

    # dark
    session = start("--blink-settings=preferredColorScheme=0")
    go(page)
    colour = run("return getComputedStyle(document.body).backgroundColor")
    ok(sum(int(c) for c in colour[4:-1].split(",")) < 150, "dark where it is wanted: %s" % colour)
    with open(picture, "wb") as file:
        file.write(base64.b64decode(call("GET", session + "/screenshot")))
    call("DELETE", session)
finally:
    driver.terminate()
    driver.wait()
print("1..%d" % number)
