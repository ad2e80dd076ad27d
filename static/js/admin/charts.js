// Charts: each is drawn from the table behind it, in the colours of the tokens.
//
// <table data-chart="line | bar | stacked" data-unit="$ | % | s">: rows go across, columns are
// series. On a column's head, data-line makes it a line over bars, data-dashed a forecast,
// data-mark single points, and data-colour (strong, cheap, ...) names its token. A cell's data-value is what is drawn, none is a
// gap; its words are the tooltip's, and its link is where a click leads.
const drawn = new Map();
const token = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
const rows = (table) => [...table.tBodies[0].rows];
const said = (element) => element.textContent.trim();

const short = (value, more) =>
  value.toLocaleString("en", { notation: "compact", maximumSignificantDigits: 3, ...more });
const units = {
  "": short,
  $: (value) => short(value, { style: "currency", currency: "USD" }),
  "%": (value) => `${short(value)} %`,
  s: (value) => `${short(value)} s`,
};

const series = (table, head, number) => {
  const { colour = `${number + 1}`, line, dashed, mark } = head.dataset;
  const paint = token(`chart-${colour}`);
  const kind = table.dataset.chart;
  const asLine = line !== undefined || kind === "line";
  return {
    type: asLine ? "line" : "bar",
    label: said(head),
    data: rows(table).map(({ cells }) => {
      const { value } = cells[number + 1].dataset;
      return value ? Number(value) : null;
    }),
    borderColor: paint,
    backgroundColor: paint,
    borderWidth: asLine ? 2 : 0,
    borderDash: dashed === undefined ? [] : [6, 4],
    pointStyle: mark !== undefined ? "circle" : asLine ? "line" : "rectRounded",
    pointRadius: mark !== undefined ? 6 : 2,
    stack: kind === "stacked" && !asLine ? "bars" : `${number}`,
    order: asLine ? 0 : 1,
  };
};

const content = (table) => ({
  labels: rows(table).map(({ cells }) => said(cells[0])),
  datasets: [...table.tHead.rows[0].cells]
    .slice(1)
    .map((head, number) => series(table, head, number)),
});

const options = (table) => {
  const stacked = table.dataset.chart === "stacked";
  const line = token("line");
  const text = { color: token("ink-muted"), font: { family: token("font"), size: 12 } };
  const cell = (row, number) => rows(table)[row].cells[number + 1];
  const label = ({ dataset, dataIndex, datasetIndex }) =>
    `${dataset.label}: ${said(cell(dataIndex, datasetIndex))}`;
  return {
    animation: false,
    onClick: (_, [hit]) => hit && cell(hit.index, hit.datasetIndex).querySelector("a")?.click(),
    scales: {
      x: { stacked, border: { color: line }, grid: { display: false }, ticks: text },
      y: {
        stacked,
        beginAtZero: true,
        border: { display: false },
        grid: { color: line },
        ticks: { ...text, maxTicksLimit: 6, callback: (value) => units[table.dataset.unit](value) },
      },
    },
    plugins: {
      legend: { labels: text },
      tooltip: { callbacks: { label } },
    },
  };
};

const draw = () => {
  for (const [table, chart] of drawn) {
    if (table.isConnected) continue;
    chart.destroy();
    drawn.delete(table);
  }
  for (const table of document.querySelectorAll("[data-chart]")) {
    if (drawn.has(table)) continue;
    const figure = table.closest("figure");
    figure.querySelector("[data-canvas]").hidden = false;
    figure.querySelector("details").open = false;
    const settings = { type: "bar", data: content(table), options: options(table) };
    drawn.set(table, new window.Chart(figure.querySelector("canvas"), settings));
  }
};

// A canvas keeps the colours it was drawn in: anew when the system turns dark, and for paper.
const repaint = () => {
  for (const [table, chart] of drawn) {
    chart.data = content(table);
    chart.options = options(table);
    chart.resize();
    chart.update("none");
  }
};
for (const look of ["(prefers-color-scheme: dark)", "print"])
  matchMedia(look).addEventListener("change", repaint);
document.addEventListener("htmx:afterSettle", draw);
draw();
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) window.print();
});
