(function () {
  "use strict";
  var options = {
    throwOnError: true, strict: "ignore", maxSize: 20, maxExpand: 200, output: "htmlAndMathml",
    trust: function (asked) { return asked.command === "\\htmlClass" && asked.class === "wrong"; }
  };
  function typeset(source, element) {
    try {
      katex.render(source, element, Object.assign({ displayMode: element.dataset.tex === "display" }, options));
      element.classList.add("set");
      return true;
    } catch (error) {
      return false;
    }
  }
  document.querySelectorAll("[data-tex]").forEach(function (element) {
    var source = element.textContent, marked = element.dataset.marked;
    if (!(marked && typeset(marked, element)) && !typeset(source, element)) { element.textContent = source; }
  });
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details.paper:not([open])"));
    closed.forEach(function (fold) { fold.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (fold) { fold.open = false; }); });
  var stops = Array.from(document.querySelectorAll(".stop"));
  addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !stops.length || (event.key !== "n" && event.key !== "p")) { return; }
    var here = stops.indexOf(document.activeElement.closest(".stop")), step = event.key === "n" ? 1 : -1;
    var next = stops[(here < 0 ? (step > 0 ? 0 : stops.length - 1) : here + step + stops.length) % stops.length];
    next.focus();
    next.scrollIntoView({ block: "start" });
  });
})();
